#include "checksum_line.hpp"

#include "names.hpp"
#include "sha256.hpp"

namespace weftsum {
namespace {

constexpr std::size_t hex_digits = 2 * std::tuple_size_v<sha256_digest>;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

void skip_blanks(std::string_view& text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

bool skip(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<sha256_digest> parse_hex(std::string_view text) {
    if (text.size() != hex_digits) return std::nullopt;
    sha256_digest digest;
    for (std::size_t i = 0; i != digest.size(); ++i) {
        int const high = hex_value(text[2 * i]);
        int const low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        digest[i] = static_cast<unsigned char>(high << 4 | low);
    }
    return digest;
}

std::optional<checksum_line> make_line(std::string_view hex, std::string_view name, bool escaped) {
    std::optional<sha256_digest> const digest = parse_hex(hex);
    std::optional<std::string> path = escaped ? unescape(name) : std::string(name);
    if (!digest || !path) return std::nullopt;
    return checksum_line{std::move(*path), *digest};
}

// `name) = hex`, what `sha256sum --tag` writes after "SHA256 (". The name may contain parentheses.
std::optional<checksum_line> parse_tagged(std::string_view text, bool escaped) {
    std::size_t const end = text.rfind(')');
    if (end == std::string_view::npos) return std::nullopt;
    std::string_view const name = text.substr(0, end);
    text.remove_prefix(end + 1);
    skip_blanks(text);
    if (!skip(text, "=")) return std::nullopt;
    skip_blanks(text);
    return make_line(text, name, escaped);
}

}  // namespace

std::string format_checksum(sha256_digest const& digest, std::string_view path) {
    bool const escaped = needs_escape(path);
    std::string line;
    if (escaped) line += '\\';
    line += to_hex(digest);
    line += "  ";
    line += escaped ? escape(path) : path;
    line += '\n';
    return line;
}

std::optional<checksum_line> checksum_parser::parse(std::string_view line) {
    skip_blanks(line);
    bool const escaped = skip(line, "\\");

    if (skip(line, "SHA256")) {
        skip(line, " ");
        if (!skip(line, "(")) return std::nullopt;
        return parse_tagged(line, escaped);
    }

    // The digest, one blank, and at least one more character.
    if (line.size() < hex_digits + 2 || !is_blank(line[hex_digits])) return std::nullopt;
    std::string_view const hex = line.substr(0, hex_digits);
    std::string_view name = line.substr(hex_digits + 1);

    bool const has_mode = name.size() > 1 && (name[0] == ' ' || name[0] == '*');  // text or binary, the same on POSIX
    if (!has_mode && form_ == form::plain) return std::nullopt;
    if (form_ == form::unknown && parse_hex(hex)) form_ = has_mode ? form::plain : form::reversed_bsd;
    if (form_ != form::reversed_bsd && has_mode) name.remove_prefix(1);
    return make_line(hex, name, escaped);
}

}  // namespace weftsum
