#pragma once
#include <cstddef>
#include <string_view>

namespace weft::detail {

/// Calls `each(word)` for what stands between blanks.
template <class F>
void for_each_word(std::string_view text, F const& each) {
    constexpr std::string_view blanks = " \t\r\v\f";
    for (std::size_t at = 0; (at = text.find_first_not_of(blanks, at)) != text.npos;) {
        std::size_t const end = text.find_first_of(blanks, at);
        each(text.substr(at, end - at));
        at = end;
        if (end == text.npos) break;
    }
}

/// Calls `each(line)` for each line, without what follows a `#`.
template <class F>
void for_each_line(std::string_view text, F const& each) {
    while (!text.empty()) {
        std::string_view const line = text.substr(0, text.find('\n'));
        text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
        each(line.substr(0, line.find('#')));
    }
}

}  // namespace weft::detail
