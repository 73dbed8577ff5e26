// File names hold any byte but '/' and '\0'. Three ways to write them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace weftsum {

/// True if a checksum line has to start with a backslash and carry escape(name).
bool needs_escape(std::string_view name);

/// Backslash, newline and carriage return as `\\`, `\n` and `\r`, as GNU coreutils since 9.0 writes them.
std::string escape(std::string_view name);

/// The inverse of escape; nothing if `text` contains an escape that it never makes.
std::optional<std::string> unescape(std::string_view text);

/// For messages: as it is if harmless, else quoted as a shell would read it, so that no name can command a terminal.
std::string quote(std::string_view name);

}  // namespace weftsum
