// The lines of a checksum list, as sha256sum writes and reads them.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "file.hpp"

namespace weftsum {

/// `<digest>  <name>` with the newline; with a backslash in front and the name escaped where that is needed.
std::string format_checksum(sha256_digest const& digest, std::string_view path);

struct checksum_line {
    std::string path;
    sha256_digest digest{};
};

/// Reads the lines of one list. It has to remember something: the line of BSD's `shasum -r`, `<digest> <name>`, is
/// accepted only in a list that begins with one, lest a file name with a leading blank be mistaken for it.
class checksum_parser {
public:
    /// What `line` (without its newline) says, or nothing if it is no checksum line.
    std::optional<checksum_line> parse(std::string_view line);

private:
    enum class form { unknown, plain, reversed_bsd };
    form form_ = form::unknown;
};

}  // namespace weftsum
