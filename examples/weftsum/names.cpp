#include "names.hpp"

#include <algorithm>
#include <cstdio>

namespace weftsum {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

bool is_special_to_shells(char c) {
    return std::string_view(" !\"#$&'()*;<=>?[\\]^`{|}~").find(c) != std::string_view::npos;
}

}  // namespace

bool needs_escape(std::string_view name) { return name.find_first_of("\\\n\r") != std::string_view::npos; }

std::string escape(std::string_view name) {
    std::string text;
    for (char c : name) {
        switch (c) {
        case '\\': text += "\\\\"; break;
        case '\n': text += "\\n"; break;
        case '\r': text += "\\r"; break;
        default: text += c;
        }
    }
    return text;
}

std::optional<std::string> unescape(std::string_view text) {
    std::string name;
    for (std::size_t i = 0; i != text.size(); ++i) {
        if (text[i] != '\\') {
            name += text[i];
            continue;
        }
        if (++i == text.size()) return std::nullopt;
        switch (text[i]) {
        case '\\': name += '\\'; break;
        case 'n': name += '\n'; break;
        case 'r': name += '\r'; break;
        default: return std::nullopt;
        }
    }
    return name;
}

std::string quote(std::string_view name) {
    bool const harmless = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
        return is_control(c) || is_special_to_shells(c);
    });
    if (harmless) return std::string(name);

    std::string text = "'";
    for (char c : name) {
        if (c == '\'') {
            text += "'\\''";
        } else if (is_control(c)) {
            char octal[sizeof("'$'\\000''")];
            std::snprintf(octal, sizeof octal, "'$'\\%03o''", static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += octal;
        } else {
            text += c;
        }
    }
    return text + "'";
}

}  // namespace weftsum
