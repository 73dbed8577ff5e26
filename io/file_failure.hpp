#pragma once
// How calls on paths and files fail: what the messages say, and the form with an `error_code&`.

#include "failure.hpp"
#include "path_text.hpp"

#include <string>
#include <string_view>
#include <system_error>

namespace weft::detail {

/// The message names the path, as programs print it: "weft::fs::open: /etc/shadow: Permission denied".
inline std::size_t checked(outcome const& o, std::string_view what, fs::path_view path) {
    if (o.error == 0) return o.bytes;
    std::string text(what);
    text += ": ";
    text += path.text();
    throw_failure(o, text);
}

/// The same for a call that concerns two paths.
inline std::size_t checked(outcome const& o, std::string_view what, fs::path_view from, fs::path_view to) {
    if (o.error == 0) return o.bytes;
    std::string text(what);
    text += ": ";
    text += from.text();
    text += " -> ";
    text += to.text();
    throw_failure(o, text);
}

}  // namespace weft::detail
