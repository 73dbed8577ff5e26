// Walks directory trees in parallel, and yet yields the files in the byte order of their paths.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "directory.hpp"
#include "file.hpp"

namespace weftsum {

/// The regular files at and below some paths, in the order of
/// `find -H PATH... -type f -print0 | LC_ALL=C sort -z`.
class walk : public file_source {
public:
    explicit walk(std::vector<std::string> const& paths);

    std::optional<file> next() override;

private:
    // A directory on the way: how far its entries have been passed on, and the walkers sent ahead into the next of its
    // subdirectories.
    class open_directory {
    public:
        explicit open_directory(listing list);

        bool finished() const { return at_ == list_.entries.size(); }
        entry& current() { return list_.entries[at_]; }
        std::string const& path() const { return path_; }  // of the current entry

        /// The listing of the current entry, a directory. Blocks until its walker is done.
        listing enter();
        void advance();

    private:
        void send_walkers();

        listing list_;
        std::size_t at_ = 0;
        std::size_t ahead_ = 0;  // entries before this one have their walker
        std::deque<weft::fiber<listing>> walkers_;
        std::string path_;
    };

    using open_handle = std::unique_ptr<open_directory>;
    static bool after(open_handle const& a, open_handle const& b) { return a->path() > b->path(); }

    void open(listing list);

    std::vector<open_handle> open_;  // a heap: the directory with the smallest path comes first
    std::optional<file> unread_;     // the directory just opened, if it could not be read (completely)
};

}  // namespace weftsum
