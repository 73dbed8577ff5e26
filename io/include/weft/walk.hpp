#pragma once
#include <weft/directory.hpp>
#include <weft/metadata.hpp>
#include <weft/path_view.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace weft::detail {
class walk_state;
}  // namespace weft::detail

namespace weft::fs {

/// What a walk comes by.
struct walk_entry {
    /// The root as it was given, or it and the names below it.
    std::string path;
    /// 0: the root.
    std::size_t depth = 0;
    /// A link, not what it leads to, unless links are followed. The root is always followed.
    file_type type = file_type::unknown;
    /// Only if it was asked for.
    metadata about;
    /// Why nothing is known about it; or, when a directory comes up a second time, why it could not be read, or not
    /// completely.
    std::error_code failure;

    /// The name alone.
    std::string_view name() const noexcept {
        std::string_view const whole(path);
        return whole.substr(whole.rfind('/') + 1);
    }
};

/// How to walk.
struct walk_options {
    /// Fill in `walk_entry::about`: a system call per name.
    bool with_metadata = false;
    /// Whether to enter directories that symbolic links lead to. One that would lead into itself is reported as
    /// `too_many_symbolic_link_levels` and not entered.
    links follow = links::no_follow;
    /// How deep to go: 0 is the root alone, 1 what is in it.
    std::size_t max_depth = ~std::size_t{0};
    /// In each directory on the way, how many of its subdirectories are read before they come up, at the same time.
    /// 0: none.
    std::size_t read_ahead = 16;
};

/// Walks a directory tree, reading it with many fibers, and yet in one order: a directory comes before what is in it,
/// and siblings come in the byte order of their names, a directory's taken with a '/' behind it. So the paths of all
/// files are in byte order.
///
///     for (auto& entry : fs::walk("/usr/include")) ...
///
/// What the system refuses ends nothing: it is in the entries. Names that come or go meanwhile may be seen or not.
/// Memory is bounded by the depth of the tree, not by its size; no descriptor is held between two calls.
///
/// Thread safety: none; one fiber has it. Destroying it ends the fibers that read ahead.
class walk {
public:
    /// Nothing is read yet.
    explicit walk(path_view root, walk_options options = {});
    /// Takes the walk over.
    walk(walk&& other) noexcept;
    /// Ends the walk held so far, and takes the other's over.
    walk& operator=(walk&& other) noexcept;
    ~walk();

    /// The next entry; nothing when all have come up.
    /// Blocks: until the directory that comes up has been read.
    /// Errors: `cancelled`.
    std::optional<walk_entry> next();

    /// Do not enter the directory that `next` just returned.
    void skip() noexcept;

    /// The end of a range.
    struct sentinel {};
    /// An input iterator.
    class iterator {
    public:
        /// Reads the first entry.
        explicit iterator(walk& of) : of_(&of), entry_(of.next()) {}
        /// The entry, which may be moved from.
        walk_entry& operator*() noexcept { return *entry_; }
        /// A member of the entry.
        walk_entry* operator->() noexcept { return &*entry_; }
        /// Goes on to the next entry.
        iterator& operator++() {
            entry_ = of_->next();
            return *this;
        }
        /// Whether there are no more.
        friend bool operator==(iterator const& i, sentinel) noexcept { return !i.entry_.has_value(); }

    private:
        walk* of_;
        std::optional<walk_entry> entry_;
    };
    /// Goes on where `next` would.
    iterator begin() { return iterator(*this); }
    /// The end.
    sentinel end() const noexcept { return {}; }

private:
    std::unique_ptr<detail::walk_state> state_;
};

}  // namespace weft::fs
