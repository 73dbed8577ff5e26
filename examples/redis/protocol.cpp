#include "protocol.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace redis {

namespace {

constexpr std::size_t longest_line = 64 * 1024;
constexpr long long most_words = 1024 * 1024;
constexpr long long longest_word = 512 * 1024 * 1024;

std::string_view line(input& in) {
    std::optional<std::string_view> const read = in.read_line(longest_line);
    if (!read) throw protocol_error("unexpected end of the connection");
    return *read;
}

// The number behind the character that says what it counts.
long long count(std::string_view header, char type, long long most) {
    long long value = 0;
    if (!header.starts_with(type)) throw protocol_error("expected '" + std::string(1, type) + "'");
    auto const [end, failed] = std::from_chars(header.data() + 1, header.data() + header.size(), value);
    if (failed != std::errc() || end != header.data() + header.size() || value > most)
        throw protocol_error("invalid length");
    return value;
}

// Words between blanks, as a person types them.
void split(std::string_view text, std::vector<std::string>& words) {
    words.clear();
    constexpr std::string_view blanks = " \t";
    for (std::size_t at = text.find_first_not_of(blanks); at != text.npos; at = text.find_first_not_of(blanks, at)) {
        std::size_t const end = std::min(text.find_first_of(blanks, at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = end;
    }
}

}  // namespace

bool read_command(input& in, std::vector<std::string>& words) {
    std::optional<std::string_view> const first = in.read_line(longest_line);
    if (!first) return false;
    if (!first->starts_with('*')) {
        split(*first, words);
        return true;
    }
    long long const size = count(*first, '*', most_words);
    words.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    for (std::string& word : words) {
        long long const length = count(line(in), '$', longest_word);
        if (length < 0) throw protocol_error("invalid length");
        word.resize(static_cast<std::size_t>(length));
        if (in.read_exact(std::as_writable_bytes(std::span(word))) != word.size() || !line(in).empty())
            throw protocol_error("a word does not end where it should");
    }
    return true;
}

void reply::simple(std::string_view text) {
    out_.write("+");
    out_.write(text);
    out_.write("\r\n");
}
void reply::error(std::string_view text) {
    out_.write("-");
    out_.write(text);
    out_.write("\r\n");
}
void reply::integer(long long value) { header(':', value); }
void reply::bulk(std::string_view text) {
    header('$', static_cast<long long>(text.size()));
    out_.write(text);
    out_.write("\r\n");
}
void reply::null() { out_.write("$-1\r\n"); }
void reply::array(std::size_t size) { header('*', static_cast<long long>(size)); }

void reply::header(char type, long long value) {
    std::array<char, 24> text;
    text[0] = type;
    char* const end = std::to_chars(text.data() + 1, text.data() + text.size(), value).ptr;
    out_.write(std::string_view(text.data(), end));
    out_.write("\r\n");
}

}  // namespace redis
