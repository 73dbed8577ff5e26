#pragma once
#include <weft/path_view.hpp>

#include <chrono>
#include <cstdint>
#include <system_error>

namespace weft::fs {

/// What a path or an open file is.
enum class file_type : std::uint8_t {
    unknown,           ///< something else, or the file system did not say
    regular,           ///< bytes
    directory,         ///< names
    symlink,           ///< another path
    fifo,              ///< a named pipe
    socket,            ///< a unix socket
    character_device,  ///< a terminal, /dev/null
    block_device,      ///< a disk
};

/// Whether a call looks at what a symbolic link points to, or at the link.
enum class links : bool {
    follow,     ///< the file at the end of the links
    no_follow,  ///< the link itself
};

/// A time as files carry it: the wall clock's, in nanoseconds.
using file_time =
    std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;  // NOLINT(banned): theirs

/// What the system knows about a file.
struct metadata {
    file_type type = file_type::unknown;  ///< what it is
    std::uint16_t permissions = 0;        ///< the twelve bits of `chmod`
    std::uint64_t size = 0;               ///< in bytes
    std::uint64_t allocated = 0;          ///< bytes on the disk; less than `size` if the file has holes
    std::uint32_t owner = 0;              ///< the user's number
    std::uint32_t group = 0;              ///< the group's number
    std::uint64_t link_count = 0;         ///< names that the file has
    std::uint64_t device = 0;             ///< which file system
    std::uint64_t inode = 0;              ///< which file of it; two paths with equal `device` and `inode` are one file
    file_time modified;                   ///< the content
    file_time accessed;                   ///< as exactly as the file system keeps it
    file_time changed;                    ///< content or metadata
    file_time created;                    ///< the epoch if the file system does not keep it

    /// It is a file of bytes.
    bool is_regular() const noexcept { return type == file_type::regular; }
    /// It is a directory.
    bool is_directory() const noexcept { return type == file_type::directory; }
    /// It is a symbolic link; only if links were not followed.
    bool is_symlink() const noexcept { return type == file_type::symlink; }
};

/// Asks the system about a path.
/// Blocks: parks the fiber until the system has answered.
/// Errors: `std::system_error`: `no_such_file_or_directory` and the rest.
/// Source: statx(2)
metadata status(path_view path, links follow = links::follow);
/// The same; a failure is reported in `ec`.
metadata status(path_view path, std::error_code& ec);
/// The same; a failure is reported in `ec`.
metadata status(path_view path, links follow, std::error_code& ec);

/// Whether something is there. A link that leads nowhere is nothing.
/// Blocks: as `status`.
/// Errors: `std::system_error` if that cannot be found out, say for want of permission.
bool exists(path_view path);
/// The same; a failure is reported in `ec`.
bool exists(path_view path, std::error_code& ec);

/// Sets the twelve bits of `chmod`, through symbolic links.
/// Blocks: as `status`.
/// Errors: `std::system_error`.
void set_permissions(path_view path, unsigned permissions);
/// The same; a failure is reported in `ec`.
void set_permissions(path_view path, unsigned permissions, std::error_code& ec);

/// Sets when a file was last read and modified.
/// Blocks: as `status`.
/// Errors: `std::system_error`.
void set_times(path_view path, file_time accessed, file_time modified);
/// The same; a failure is reported in `ec`.
void set_times(path_view path, file_time accessed, file_time modified, std::error_code& ec);

}  // namespace weft::fs
