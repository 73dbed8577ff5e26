// The order is that of a merge: of all directories that are open, the one whose next path is the smallest goes on. A
// subdirectory that comes up is opened beside its parent. In one tree this is a depth-first walk; with several, perhaps
// overlapping trees on the command line it is still right.
//
// The speed comes from walkers, fibers that read directories before they come up: in each open directory, they are sent
// into the next few subdirectories. This bounds the memory by the depth of the tree and not by its size.

#include "walk.hpp"

#include <algorithm>
#include <utility>

namespace weftsum {
namespace {

constexpr std::size_t max_walkers = 16;  // per open directory

listing walk_into(std::string const& path) {
    return weft::blocking([&] { return read_directory(path); });
}

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

walk::open_directory::open_directory(listing list) : list_(std::move(list)) {
    send_walkers();
    if (!finished()) path_ = list_.prefix + current().name;
}

void walk::open_directory::send_walkers() {
    for (; ahead_ != list_.entries.size() && walkers_.size() != max_walkers; ++ahead_) {
        entry const& e = list_.entries[ahead_];
        if (e.is_directory() && e.trouble.empty())
            walkers_.push_back(weft::spawn({.name = "walker"}, walk_into, list_.prefix + e.name));
    }
}

listing walk::open_directory::enter() {
    weft::fiber<listing> walker = std::move(walkers_.front());
    walkers_.pop_front();
    send_walkers();
    return walker.join();
}

void walk::open_directory::advance() {
    ++at_;
    if (!finished()) path_.replace(list_.prefix.size(), std::string::npos, current().name);
}

walk::walk(std::vector<std::string> const& paths) {
    open(weft::blocking([&] { return read_arguments(paths); }));
}

void walk::open(listing list) {
    if (!list.trouble.empty()) {
        unread_.emplace();
        unread_->path = without_slash(list.prefix);
        unread_->trouble = std::move(list.trouble);
    }
    auto directory = std::make_unique<open_directory>(std::move(list));
    if (directory->finished()) return;
    open_.push_back(std::move(directory));
    std::push_heap(open_.begin(), open_.end(), after);
}

std::optional<file> walk::next() {
    while (!unread_ && !open_.empty()) {
        std::pop_heap(open_.begin(), open_.end(), after);
        open_directory& smallest = *open_.back();
        entry& e = smallest.current();

        std::optional<file> found;
        std::optional<listing> below;
        if (e.is_directory() && e.trouble.empty()) {
            below = smallest.enter();
        } else {
            found.emplace();
            found->path = smallest.path();
            found->bytes = e.bytes;
            found->trouble = std::move(e.trouble);
        }

        smallest.advance();
        if (smallest.finished())
            open_.pop_back();
        else
            std::push_heap(open_.begin(), open_.end(), after);
        if (below) open(std::move(*below));
        if (found) return found;
    }
    return std::exchange(unread_, std::nullopt);
}

}  // namespace weftsum
