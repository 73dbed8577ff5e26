#pragma once
#include <weft/metadata.hpp>
#include <weft/path_view.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace weft::detail {
struct directory_state;
}  // namespace weft::detail

namespace weft::fs {

/// A name in a directory.
struct directory_entry {
    /// Without the directory.
    std::string name;
    /// What it names: a link, not what the link points to, unless links are followed.
    file_type type = file_type::unknown;
    /// Only if it was asked for.
    metadata about;
    /// Why type or metadata are not known: the name may be gone by now.
    std::error_code failure;
};

/// What is to be found out about the names in a directory, in the trip off the worker that reads them.
struct list_options {
    /// Fill in `directory_entry::about`: a system call per name.
    bool with_metadata = false;
    /// Whether `type` and `about` concern a symbolic link or what it points to. A link that leads nowhere stays a link.
    links follow = links::no_follow;
};

/// Reads a directory piece by piece, however large it is, in the order in which the file system keeps it. Move-only;
/// closes when destroyed. "." and ".." are left out.
///
///     for (auto& entry : fs::directory("/tmp")) ...
///
/// Names that come or go meanwhile may be seen or not.
///
/// Thread safety: none; one fiber has it.
class directory {
public:
    /// Opens it.
    /// Blocks: parks the fiber until it is open.
    /// Errors: `std::system_error`.
    explicit directory(path_view path, list_options options = {});
    /// The same; a failure is reported in `ec`, and the object has no entries.
    directory(path_view path, list_options options, std::error_code& ec);
    /// Takes the directory over.
    directory(directory&& other) noexcept;
    /// Closes the directory held so far, and takes the other's over.
    directory& operator=(directory&& other) noexcept;
    ~directory();

    /// The next entry; nothing at the end.
    /// Blocks: once in some hundred entries, until the system has read the next ones.
    /// Errors: `std::system_error`.
    std::optional<directory_entry> next();
    /// The same; a failure is reported in `ec`.
    std::optional<directory_entry> next(std::error_code& ec);

    /// The end of a range.
    struct sentinel {};
    /// An input iterator.
    class iterator {
    public:
        /// Reads the first entry.
        explicit iterator(directory& of) : of_(&of), entry_(of.next()) {}
        /// The entry, which may be moved from.
        directory_entry& operator*() noexcept { return *entry_; }
        /// A member of the entry.
        directory_entry* operator->() noexcept { return &*entry_; }
        /// Reads the next entry.
        iterator& operator++() {
            entry_ = of_->next();
            return *this;
        }
        /// Whether there are no more.
        friend bool operator==(iterator const& i, sentinel) noexcept { return !i.entry_.has_value(); }

    private:
        directory* of_;
        std::optional<directory_entry> entry_;
    };
    /// Goes on where `next` would.
    iterator begin() { return iterator(*this); }
    /// The end.
    sentinel end() const noexcept { return {}; }

private:
    std::unique_ptr<detail::directory_state> state_;
};

/// All entries of a directory, sorted by the bytes of their names. One trip off the worker.
/// Blocks: until they are read.
/// Errors: `std::system_error`.
std::vector<directory_entry> list(path_view path, list_options options = {});
/// The same; a failure is reported in `ec`, with the entries that could be read.
std::vector<directory_entry> list(path_view path, list_options options, std::error_code& ec);

/// Makes a directory. False: there is one already.
/// Blocks: until it is made.
/// Errors: `std::system_error`: `file_exists` if it is something else.
bool create_directory(path_view path, unsigned permissions = 0777);
/// The same; a failure is reported in `ec`.
bool create_directory(path_view path, std::error_code& ec);

/// Makes a directory and those above it that are missing. False: it was there already.
/// Blocks: until they are made.
/// Errors: `std::system_error`; those made so far stay.
bool create_directories(path_view path, unsigned permissions = 0777);
/// The same; a failure is reported in `ec`.
bool create_directories(path_view path, std::error_code& ec);

/// Removes a file, a link (not what it points to) or an empty directory. False: there is none.
/// Blocks: until it is removed.
/// Errors: `std::system_error`: `directory_not_empty`.
bool remove(path_view path);
/// The same; a failure is reported in `ec`.
bool remove(path_view path, std::error_code& ec);

/// Removes a directory and everything below it, or a file. Links are removed, never followed, also if somebody puts
/// one in place of a directory meanwhile. Holds a descriptor per level. Returns how many names are gone; 0: there was
/// nothing.
/// Blocks: until all is removed. Cancellation ends it between two directories.
/// Errors: `std::system_error`; what was removed stays removed.
std::uint64_t remove_all(path_view path);
/// The same; a failure is reported in `ec`.
std::uint64_t remove_all(path_view path, std::error_code& ec);

/// Gives a file or directory another name, in the same file system; a file of that name is replaced, at one instant.
/// Blocks: until it has it.
/// Errors: `std::system_error`: `cross_device_link`.
void rename(path_view from, path_view to);
/// The same; a failure is reported in `ec`.
void rename(path_view from, path_view to, std::error_code& ec);

/// Makes a symbolic link `path` that leads to `target`, which is kept as it is.
/// Blocks: until it is made.
/// Errors: `std::system_error`.
void create_symlink(path_view target, path_view path);
/// The same; a failure is reported in `ec`.
void create_symlink(path_view target, path_view path, std::error_code& ec);

/// Gives a file one more name.
/// Blocks: until it has it.
/// Errors: `std::system_error`.
void create_hard_link(path_view existing, path_view path);
/// The same; a failure is reported in `ec`.
void create_hard_link(path_view existing, path_view path, std::error_code& ec);

/// Where a symbolic link leads.
/// Blocks: until it is read.
/// Errors: `std::system_error`: `invalid_argument` if it is no link.
std::string read_symlink(path_view path);
/// The same; a failure is reported in `ec`.
std::string read_symlink(path_view path, std::error_code& ec);

/// How to copy a file.
struct copy_options {
    /// Replace the content of a file that is there; else fail with `file_exists`.
    bool overwrite = false;
};

/// Copies a file's content and permissions; inside the kernel, and on some file systems without copying. Returns the
/// number of bytes.
/// Blocks: until it is copied.
/// Errors: `std::system_error`. After a failure or a cancellation nothing is left of a file that it made.
std::uint64_t copy_file(path_view from, path_view to, copy_options options = {});
/// The same; a failure is reported in `ec`.
std::uint64_t copy_file(path_view from, path_view to, copy_options options, std::error_code& ec);

}  // namespace weft::fs
