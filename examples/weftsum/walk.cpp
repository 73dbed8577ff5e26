// The order is that of a merge: of the arguments that have not come up and the trees that are open, the one whose
// next path is the smallest goes on. A directory among the arguments that comes up is opened as a tree. With several,
// perhaps overlapping trees on the command line this is still right.

#include "walk.hpp"

#include <algorithm>
#include <utility>
#include <weft/metadata.hpp>
#include <weft/weft.hpp>

namespace weftsum {
namespace {

namespace fs = weft::fs;

// Symbolic links are followed here, and only here.
file read_argument(std::string const& path) {
    file f;
    f.path = path;
    std::error_code failure;
    fs::metadata const about = fs::status(path, failure);
    if (failure) {
        f.trouble = failure.message();
    } else if (about.is_directory()) {
        if (!path.ends_with('/')) f.path += '/';
    } else if (about.is_regular()) {
        f.bytes = about.size;
    } else {
        f.trouble = "Not a regular file or directory";
    }
    return f;
}

bool is_directory(file const& argument) { return argument.trouble.empty() && argument.path.ends_with('/'); }

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

// The next regular file, or what could not be read.
bool find_next(fs::walk& entries, file& f) {
    while (auto entry = entries.next()) {
        if (!entry->failure && entry->type != fs::file_type::regular) continue;
        f = file{};
        f.path = entry->failure ? without_slash(std::move(entry->path)) : std::move(entry->path);
        f.bytes = entry->about.size;
        if (entry->failure) f.trouble = entry->failure.message();
        return true;
    }
    return false;
}

}  // namespace

walk::walk(std::vector<std::string> const& paths) {
    // Many file names cost one trip off the worker together.
    weft::blocking([&] {
        for (std::string const& path : paths) arguments_.push_back(read_argument(path));
    });
    std::sort(arguments_.begin(), arguments_.end(), [](file const& a, file const& b) { return a.path > b.path; });
}

bool walk::argument_comes_first() const {
    if (open_.empty() || arguments_.empty()) return open_.empty();
    return arguments_.back().path <= open_.front().next.path;
}

void walk::open(fs::walk entries) {
    file first;
    if (!find_next(entries, first)) return;
    open_.push_back({std::move(entries), std::move(first)});
    std::push_heap(open_.begin(), open_.end(), after);
}

std::optional<file> walk::next() {
    while (!arguments_.empty() || !open_.empty()) {
        if (argument_comes_first()) {
            file argument = std::move(arguments_.back());
            arguments_.pop_back();
            if (!is_directory(argument)) return argument;
            open(fs::walk(argument.path, {.with_metadata = true}));
            continue;
        }
        std::pop_heap(open_.begin(), open_.end(), after);
        tree smallest = std::move(open_.back());
        open_.pop_back();
        file found = std::move(smallest.next);
        open(std::move(smallest.entries));
        return found;
    }
    return std::nullopt;
}

}  // namespace weftsum
