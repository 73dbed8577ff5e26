#include "store.hpp"

#include <charconv>
#include <mutex>
#include <utility>

namespace redis {

namespace {

template <class T, class Variant>
T& as(Variant& value) {
    if (T* const held = std::get_if<T>(&value)) return *held;
    throw command_error("WRONGTYPE Operation against a key holding the wrong kind of value");
}

}  // namespace

store::entry* store::part::find(std::string const& key) {
    auto const at = entries.find(key);
    if (at == entries.end()) return nullptr;
    if (at->second.until > weft::clock::now()) return &at->second;
    entries.erase(at);
    return nullptr;
}

std::optional<std::string> store::get(std::string const& key) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    entry* const found = in.find(key);
    if (found == nullptr) return {};
    return as<std::string>(found->value);
}

void store::set(std::string const& key, std::string value, time_point until) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    in.entries.insert_or_assign(key, entry{std::move(value), until});
}

bool store::erase(std::string const& key) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    return in.find(key) != nullptr && in.entries.erase(key) != 0;
}

bool store::exists(std::string const& key) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    return in.find(key) != nullptr;
}

long long store::add(std::string const& key, long long more) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    entry* found = in.find(key);
    if (found == nullptr) found = &in.entries.try_emplace(key, entry{std::string("0")}).first->second;
    auto& text = as<std::string>(found->value);
    long long value = 0;
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size())
        throw command_error("ERR value is not an integer or out of range");
    if (__builtin_add_overflow(value, more, &value)) throw command_error("ERR increment or decrement would overflow");
    text = std::to_string(value);
    return value;
}

bool store::expire(std::string const& key, time_point until) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    entry* const found = in.find(key);
    if (found != nullptr) found->until = until;
    return found != nullptr;
}

std::optional<store::time_point> store::expiry(std::string const& key) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    entry const* const found = in.find(key);
    if (found == nullptr) return {};
    return found->until;
}

std::size_t store::push(std::string const& key, end_of_list where, std::span<std::string const> values) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    entry* found = in.find(key);
    if (found == nullptr) found = &in.entries.try_emplace(key, entry{list()}).first->second;
    auto& items = as<list>(found->value);
    for (std::string const& value : values) {
        if (where == end_of_list::left)
            items.push_front(value);
        else
            items.push_back(value);
    }
    return items.size();
}

std::optional<std::string> store::pop(std::string const& key, end_of_list where) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    entry* const found = in.find(key);
    if (found == nullptr) return {};
    auto& items = as<list>(found->value);
    std::string taken;
    if (where == end_of_list::left) {
        taken = std::move(items.front());
        items.pop_front();
    } else {
        taken = std::move(items.back());
        items.pop_back();
    }
    if (items.empty()) in.entries.erase(key);  // there are no empty lists
    return taken;
}

std::size_t store::length(std::string const& key) {
    part& in = part_of(key);
    std::lock_guard const held(in.lock);
    entry* const found = in.find(key);
    return found == nullptr ? 0 : as<list>(found->value).size();
}

std::size_t store::size() {
    std::size_t sum = 0;
    for (part& each : parts_) {
        std::lock_guard const held(each.lock);
        sum += each.entries.size();
    }
    return sum;
}

void store::clear() {
    for (part& each : parts_) {
        std::lock_guard const held(each.lock);
        each.entries.clear();
    }
}

void store::sweep() {
    weft::clock::time_point const now = weft::clock::now();
    for (part& each : parts_) {
        std::lock_guard const held(each.lock);
        std::erase_if(each.entries, [now](auto const& item) { return item.second.until <= now; });
    }
}

}  // namespace redis
