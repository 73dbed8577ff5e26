#pragma once
#include <weft/file.hpp>
#include <weft/path_view.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace weft::fs {

/// A file that takes the place of another one, whole and at one instant: whoever opens the path finds the old content
/// or the new one, also after a crash.
///
/// The content is written to a file beside it, with a name of its own; `commit` puts it on the disk and gives it the
/// name. Without `commit`, or if that fails, nothing is left of it. The new file has the permissions of the old one.
/// A symbolic link is itself replaced.
///
/// Thread safety: the content as `file`; otherwise none, one fiber has it.
class replacement {
public:
    /// Begins a new content of the file at `path`, which need not exist.
    /// Blocks: until there is a file for it.
    /// Errors: `std::system_error`.
    explicit replacement(path_view path);
    /// The same; a failure is reported in `ec`.
    replacement(path_view path, std::error_code& ec);
    /// Takes it over.
    replacement(replacement&& other) noexcept;
    replacement& operator=(replacement&& other) = delete;
    /// Discards the content, unless it was committed.
    /// Blocks: until that is done; not a point of cancellation.
    ~replacement();

    /// Where to write the content.
    file& content() noexcept { return content_; }

    /// Puts the content on the disk, gives it the name, and puts that on the disk, too.
    /// Blocks: until it is there. A cancellation before the name is given discards the content.
    /// Errors: `std::system_error`; the old file is then untouched, unless only the very last step failed.
    void commit();
    /// The same; a failure is reported in `ec`.
    void commit(std::error_code& ec);

private:
    void discard() noexcept;

    std::string path_;
    std::string temporary_;  // empty: nothing to discard
    file content_;
};

/// Replaces the content of a file at one instant, as `replacement` does; one trip off the worker.
/// Blocks: until it is on the disk.
/// Errors: `std::system_error`; nothing is left of the new content then.
void write_file_atomically(path_view path, std::span<std::byte const> content);
/// The same; a failure is reported in `ec`.
void write_file_atomically(path_view path, std::span<std::byte const> content, std::error_code& ec);
/// The same for text.
void write_file_atomically(path_view path, std::string_view content);
/// The same for text; a failure is reported in `ec`.
void write_file_atomically(path_view path, std::string_view content, std::error_code& ec);

/// A new directory that nobody else has, for its owner only, below `TMPDIR` or /tmp; the name begins with `prefix`.
/// It stays until somebody removes it: see `remove_all`.
/// Blocks: until it is made.
/// Errors: `std::system_error`.
std::string create_temporary_directory(std::string_view prefix = "weft-");
/// The same; a failure is reported in `ec`.
std::string create_temporary_directory(std::string_view prefix, std::error_code& ec);

/// A new file and its path.
struct temporary_file {
    /// Open for reading and writing.
    file content;
    /// It stays until somebody removes it.
    std::string path;
};

/// A new file that nobody else has, for its owner only, below `TMPDIR` or /tmp; the name begins with `prefix`.
/// Blocks: until it is made.
/// Errors: `std::system_error`.
temporary_file create_temporary_file(std::string_view prefix = "weft-");
/// The same; a failure is reported in `ec`.
temporary_file create_temporary_file(std::string_view prefix, std::error_code& ec);

}  // namespace weft::fs
