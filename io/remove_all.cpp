// Removes trees. One trip off the worker per directory, so that a cancellation is noticed soon.
//
// Everything is named relative to the descriptor of the directory that it is in, and directories are opened without
// following links: whoever swaps a directory for a link meanwhile has the link removed and nothing behind it.

#include <weft/directory.hpp>

#include "file_failure.hpp"
#include "listing.hpp"

#include <string>
#include <utility>
#include <vector>

namespace weft::fs {

namespace {

using namespace detail;

// A directory on the way down: what is left in it are directories.
struct level {
    scoped_fd directory;
    std::string name;  // in the level above
    std::vector<std::string> below;
};

class remover {
public:
    outcome run(path_view path) {
        path_text const text(path);
        if (text.error() != 0) return {0, text.error()};
        outcome done = off_worker([&] { return enter(AT_FDCWD, text.c_str()); });
        while (done.error == 0 && !levels_.empty()) {
            done = off_worker([&] { return go_on(); });
        }
        return {removed_, done.error, done.cancelled};
    }

private:
    // Removes `name`, which may be a directory: then all in it that is none, and the directory itself if that is all.
    call_result enter(int parent, char const* name) {
        call_result const gone = remove(parent, name, 0);
        if (gone.error != EISDIR) return gone;
        call_result const opened = call_open(parent, name);
        if (is_no_directory(opened)) return remove(parent, name, 0);
        if (opened.error != 0) return ignore_missing(opened);
        level here{scoped_fd(opened), name, {}};
        std::vector<directory_entry> entries;
        if (call_result const read = read_entries(here.directory.get(), {}, entries); read.error != 0) return read;
        for (directory_entry& entry : entries) {
            // Entries of unknown type count as files: removing a directory that way does no harm.
            call_result const left = entry.type == file_type::directory
                                         ? call_result{0, EISDIR}
                                         : remove(here.directory.get(), entry.name.c_str(), 0);
            if (left.error == EISDIR)
                here.below.push_back(std::move(entry.name));
            else if (left.error != 0)
                return left;
        }
        if (here.below.empty()) return remove_empty(parent, name);
        levels_.push_back(std::move(here));
        return {};
    }

    call_result go_on() {
        level& here = levels_.back();
        if (!here.below.empty()) {
            std::string const name = std::move(here.below.back());
            here.below.pop_back();
            return enter(here.directory.get(), name.c_str());
        }
        std::string const name = std::move(here.name);
        levels_.pop_back();
        return remove_empty(levels_.empty() ? AT_FDCWD : levels_.back().directory.get(), name.c_str());
    }

    // Somebody has put something else, a link say, in its place.
    static bool is_no_directory(call_result const& r) noexcept { return r.error == ENOTDIR || r.error == ELOOP; }

    call_result remove_empty(int parent, char const* name) noexcept {
        call_result const gone = remove(parent, name, AT_REMOVEDIR);
        return is_no_directory(gone) ? remove(parent, name, 0) : gone;
    }

    // Somebody else may have been faster.
    static call_result ignore_missing(call_result const& r) noexcept { return r.error == ENOENT ? call_result{} : r; }

    call_result remove(int parent, char const* name, unsigned flags) noexcept {
        file_request request{file_request::kind::remove, parent};
        request.path = name;
        request.flags = flags;
        call_result const done = make_call(request);
        if (done.error == 0) ++removed_;
        return ignore_missing(done);
    }

    static call_result call_open(int parent, char const* name) noexcept {
        file_request request{file_request::kind::open, parent};
        request.path = name;
        request.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        return make_call(request);
    }

    std::vector<level> levels_;
    std::uint64_t removed_ = 0;
};

}  // namespace

std::uint64_t remove_all(path_view path) { return checked(remover().run(path), "weft::fs::remove_all", path); }
std::uint64_t remove_all(path_view path, std::error_code& ec) { return report(remover().run(path), ec); }

}  // namespace weft::fs
