#pragma once
// Small files of the system's configuration, read at once.

#include <cstdint>
#include <optional>
#include <string>

namespace weft::detail {

/// Tells one version of a file from the next; two that exist differ.
struct file_version {
    std::uint64_t file = 0;
    std::int64_t changed = 0;  // nanoseconds
    std::int64_t bytes = -1;   // no file
    friend bool operator==(file_version const&, file_version const&) = default;
};

/// The content of a file, unless it is still the version `known`, which is replaced by the one that is there. A file that
/// cannot be read is empty, and its version the default one.
std::optional<std::string> read_if_changed(std::string const& path, file_version& known);

inline std::string read_whole(std::string const& path) {
    file_version none{.bytes = -2};
    return read_if_changed(path, none).value_or(std::string());
}

}  // namespace weft::detail
