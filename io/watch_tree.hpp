#pragma once
// The directories that an inotify descriptor watches, by number and by path.
//
// Invariants: by_number_ and by_path_ hold the same pairs. A number that is in neither is of a watch that we have
//             ended: what is still queued for it concerns nobody.
//             found: names seen by looking into a directory after its watch began. The system may report the creation
//             of one of them as well; that is the same event. Any event that makes or ends such a name takes it out, and when
//             all that was queued at the time of the look has been read, what makes such a name is news. looked_into_: whose
//             found may hold something.

#include "listing.hpp"

#include <weft/watch.hpp>

#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace weft::detail {

/// Thread safety: none. What takes the inotify descriptor makes system calls, for code that runs off the workers.
class watch_tree {
public:
    struct directory {
        std::string path;
        std::unordered_set<std::string> found;
    };

    /// Watches a directory and, if `recursive`, those below it. What is found in them goes to `found`, if that is not
    /// null. A directory that is gone by now is none. Returns an errno value: the first that the system did not watch
    /// for another reason; the others are watched.
    int add(int inotify, std::string const& path, bool is_root, bool recursive, std::vector<fs::watch_event>* found);
    /// Ends the watches of a directory and of those below it.
    void remove(int inotify, std::string const& path);
    /// The system has ended one.
    void forget(int number);
    /// A directory has another path now, and so have those below it.
    void rename(std::string const& from, std::string const& to);
    /// Ends all watches.
    void clear(int inotify);
    /// Whatever was queued by now has been told.
    void caught_up() noexcept;

    bool watches(std::string const& path) const;
    /// Null: none of ours.
    directory const* find(int number) const;
    /// Whether the creation of `name` has been reported; it is taken out.
    bool take_found(int number, std::string const& name);

private:
    using path_iterator = std::map<std::string, int>::iterator;

    int watch(int inotify, std::string const& path, bool is_root, int& number);
    std::vector<path_iterator> at_or_below(std::string const& path);

    std::unordered_map<int, directory> by_number_;
    std::map<std::string, int> by_path_;
    std::vector<int> looked_into_;
};

}  // namespace weft::detail
