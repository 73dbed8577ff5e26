#include "watch_tree.hpp"

#include <utility>

namespace weft::detail {

namespace {

constexpr std::uint32_t wanted = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM |
                                 IN_MOVED_TO | IN_ONLYDIR | IN_EXCL_UNLINK;

std::string joined(std::string const& directory, std::string const& name) {
    return directory.ends_with('/') ? directory + name : directory + '/' + name;
}

// Of a directory that somebody removes while we look at it.
bool is_gone(int error) noexcept { return error == ENOENT || error == ENOTDIR || error == ELOOP; }

}  // namespace

int watch_tree::add(int inotify, std::string const& path, bool is_root, bool recursive,
                    std::vector<fs::watch_event>* found) {
    int first_error = 0;
    std::vector<std::string> open{path};
    while (!open.empty()) {
        std::string const here = std::move(open.back());
        open.pop_back();
        int number = -1;
        bool const top = is_root && here == path;
        int const error = watch(inotify, here, top, number);
        if (error != 0) {
            if ((top || !is_gone(error)) && first_error == 0) first_error = error;
            continue;
        }
        if (!recursive) continue;
        // Watched first, then looked at: what is made in between is seen twice rather than never.
        listing const all = read_listing(here.c_str(), {});
        if (all.error != 0 && !is_gone(all.error) && first_error == 0) first_error = all.error;
        directory& watched = by_number_[number];
        if (found != nullptr) looked_into_.push_back(number);
        for (fs::directory_entry const& entry : all.entries) {
            bool const is_directory = entry.type == fs::file_type::directory;
            std::string below = joined(here, entry.name);
            if (found != nullptr && watched.found.insert(entry.name).second)
                found->push_back({fs::change::created, below, {}, is_directory});
            if (is_directory) open.push_back(std::move(below));
        }
    }
    return first_error;
}

int watch_tree::watch(int inotify, std::string const& path, bool is_root, int& number) {
    std::uint32_t const flags = is_root ? wanted | IN_DELETE_SELF | IN_MOVE_SELF : wanted | IN_DONT_FOLLOW;
    call_result const added = repeat_call([&] { return os().inotify_add_watch(inotify, path.c_str(), flags); });
    if (added.error != 0) return added.error;
    number = static_cast<int>(added.value);
    directory& watched = by_number_[number];
    if (watched.path == path) return 0;
    // The same directory by another path: it was renamed, and we have not read of it yet. The new path is right.
    by_path_.erase(watched.path);
    watched.path = path;
    auto const [place, is_free] = by_path_.try_emplace(path, number);
    if (!is_free) by_number_.erase(std::exchange(place->second, number));  // another directory, which is gone
    return 0;
}

std::vector<watch_tree::path_iterator> watch_tree::at_or_below(std::string const& path) {
    std::vector<path_iterator> those;
    if (auto const exactly = by_path_.find(path); exactly != by_path_.end()) those.push_back(exactly);
    std::string const prefix = joined(path, {});
    for (auto i = by_path_.lower_bound(prefix); i != by_path_.end() && i->first.starts_with(prefix); ++i)
        those.push_back(i);
    return those;
}

void watch_tree::remove(int inotify, std::string const& path) {
    for (path_iterator const i : at_or_below(path)) {
        os().inotify_rm_watch(inotify, i->second);
        by_number_.erase(i->second);
        by_path_.erase(i);
    }
}

void watch_tree::forget(int number) {
    auto const i = by_number_.find(number);
    if (i == by_number_.end()) return;
    // The path may be another directory's by now.
    if (auto const p = by_path_.find(i->second.path); p != by_path_.end() && p->second == number) by_path_.erase(p);
    by_number_.erase(i);
}

void watch_tree::rename(std::string const& from, std::string const& to) {
    for (path_iterator const i : at_or_below(from)) {
        std::string path = to + i->first.substr(from.size());
        int const number = i->second;
        by_path_.erase(i);
        by_number_[number].path = path;
        by_path_[std::move(path)] = number;
    }
}

void watch_tree::clear(int inotify) {
    for (auto const& [number, watched] : by_number_) os().inotify_rm_watch(inotify, number);
    by_number_.clear();
    by_path_.clear();
    looked_into_.clear();
}

void watch_tree::caught_up() noexcept {
    for (int const number : looked_into_)
        if (auto const i = by_number_.find(number); i != by_number_.end()) i->second.found.clear();
    looked_into_.clear();
}

bool watch_tree::watches(std::string const& path) const { return by_path_.contains(path); }

watch_tree::directory const* watch_tree::find(int number) const {
    auto const i = by_number_.find(number);
    return i == by_number_.end() ? nullptr : &i->second;
}

bool watch_tree::take_found(int number, std::string const& name) {
    auto const i = by_number_.find(number);
    return i != by_number_.end() && i->second.found.erase(name) != 0;
}

}  // namespace weft::detail
