#include "commands.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace redis {

namespace {

using namespace std::chrono_literals;

struct call {
    std::vector<std::string>& words;
    store& data;
    reply& answer;

    std::string& word(std::size_t i) const { return words[i]; }
};

void upper(std::string& text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
}

long long number(std::string_view text) {
    long long value = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size())
        throw command_error("ERR value is not an integer or out of range");
    return value;
}

// A hundred years is as good as for ever, and does not overflow.
weft::clock::time_point after(std::chrono::milliseconds duration) {
    return weft::clock::now() + std::clamp<std::chrono::milliseconds>(duration, 0ms, 24h * 36500);
}
std::chrono::milliseconds seconds(std::string_view text) {
    return std::chrono::milliseconds(std::clamp(number(text), -1'000'000'000LL, 1'000'000'000'000LL) * 1000);
}

void bulk_or_null(reply& answer, std::optional<std::string> const& value) {
    if (value)
        answer.bulk(*value);
    else
        answer.null();
}

void ping(call const& c) {
    if (c.words.size() == 1)
        c.answer.simple("PONG");
    else
        c.answer.bulk(c.word(1));
}

void set(call const& c) {
    auto until = store::never;
    if (c.words.size() == 5) {
        upper(c.word(3));
        if (c.word(3) == "EX")
            until = after(seconds(c.word(4)));
        else if (c.word(3) == "PX")
            until = after(std::chrono::milliseconds(number(c.word(4))));
        else
            throw command_error("ERR syntax error");
    } else if (c.words.size() != 3) {
        throw command_error("ERR syntax error");
    }
    c.data.set(c.word(1), std::move(c.word(2)), until);
    c.answer.simple("OK");
}

void mget(call const& c) {
    c.answer.array(c.words.size() - 1);
    for (std::size_t i = 1; i != c.words.size(); ++i) {
        try {
            bulk_or_null(c.answer, c.data.get(c.word(i)));
        } catch (command_error const&) {  // a list is not there as a text
            c.answer.null();
        }
    }
}

void mset(call const& c) {
    if (c.words.size() % 2 == 0) throw command_error("ERR wrong number of arguments for 'mset' command");
    for (std::size_t i = 1; i != c.words.size(); i += 2) c.data.set(c.word(i), std::move(c.word(i + 1)));
    c.answer.simple("OK");
}

// Of how many of the keys `is` is true.
template <class Is>
void count(call const& c, Is const& is) {
    c.answer.integer(std::count_if(c.words.begin() + 1, c.words.end(), is));
}

void ttl(call const& c) {
    std::optional<store::time_point> const until = c.data.expiry(c.word(1));
    if (!until)
        c.answer.integer(-2);
    else if (*until == store::never)
        c.answer.integer(-1);
    else
        c.answer.integer(std::chrono::round<std::chrono::seconds>(*until - weft::clock::now()).count());
}

void push(call const& c, end_of_list where) {
    auto const values = std::span<std::string const>(c.words).subspan(2);
    c.answer.integer(static_cast<long long>(c.data.push(c.word(1), where, values)));
}

// What redis-benchmark asks for, to print it: nothing is set.
void config(call const& c) {
    upper(c.word(1));
    if (c.word(1) != "GET") throw command_error("ERR only CONFIG GET is supported");
    c.answer.array(2 * (c.words.size() - 2));
    for (std::size_t i = 2; i != c.words.size(); ++i) {
        c.answer.bulk(c.word(i));
        c.answer.bulk("");
    }
}

struct command {
    std::size_t least_words;
    std::size_t most_words;
    void (*run)(call const&);
};

constexpr auto any_number = std::numeric_limits<std::size_t>::max();

std::unordered_map<std::string_view, command> const commands{
    {"PING", {1, 2, ping}},
    {"ECHO", {2, 2, [](call const& c) { c.answer.bulk(c.word(1)); }}},
    {"GET", {2, 2, [](call const& c) { bulk_or_null(c.answer, c.data.get(c.word(1))); }}},
    {"SET", {3, 5, set}},
    {"MGET", {2, any_number, mget}},
    {"MSET", {3, any_number, mset}},
    {"INCR", {2, 2, [](call const& c) { c.answer.integer(c.data.add(c.word(1), 1)); }}},
    {"DECR", {2, 2, [](call const& c) { c.answer.integer(c.data.add(c.word(1), -1)); }}},
    {"INCRBY", {3, 3, [](call const& c) { c.answer.integer(c.data.add(c.word(1), number(c.word(2)))); }}},
    {"DEL", {2, any_number, [](call const& c) { count(c, [&](auto& key) { return c.data.erase(key); }); }}},
    {"EXISTS", {2, any_number, [](call const& c) { count(c, [&](auto& key) { return c.data.exists(key); }); }}},
    {"EXPIRE", {3, 3, [](call const& c) { c.answer.integer(c.data.expire(c.word(1), after(seconds(c.word(2))))); }}},
    {"TTL", {2, 2, ttl}},
    {"LPUSH", {3, any_number, [](call const& c) { push(c, end_of_list::left); }}},
    {"RPUSH", {3, any_number, [](call const& c) { push(c, end_of_list::right); }}},
    {"LPOP", {2, 2, [](call const& c) { bulk_or_null(c.answer, c.data.pop(c.word(1), end_of_list::left)); }}},
    {"RPOP", {2, 2, [](call const& c) { bulk_or_null(c.answer, c.data.pop(c.word(1), end_of_list::right)); }}},
    {"LLEN", {2, 2, [](call const& c) { c.answer.integer(static_cast<long long>(c.data.length(c.word(1)))); }}},
    {"DBSIZE", {1, 1, [](call const& c) { c.answer.integer(static_cast<long long>(c.data.size())); }}},
    {"FLUSHALL",
     {1, 2,
      [](call const& c) {
          c.data.clear();
          c.answer.simple("OK");
      }}},
    {"CONFIG", {3, any_number, config}},
    {"COMMAND", {1, any_number, [](call const& c) { c.answer.array(0); }}},  // redis-cli then knows no hints
};

}  // namespace

void execute(std::vector<std::string>& words, store& data, reply answer) {
    std::string& name = words.front();
    upper(name);
    auto const found = commands.find(name);
    if (found == commands.end()) return answer.error("ERR unknown command '" + name.substr(0, 128) + "'");
    command const& its = found->second;
    if (words.size() < its.least_words || words.size() > its.most_words)
        return answer.error("ERR wrong number of arguments for '" + name + "' command");
    try {
        its.run({words, data, answer});
    } catch (command_error const& refused) {
        answer.error(refused.what());
    }
}

}  // namespace redis
