#include "watch_state.hpp"

#include "scoped_fd.hpp"
#include "status_of.hpp"

#include <weft/select.hpp>
#include <weft/this_fiber.hpp>
#include <weft/time.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

using fs::change;

constexpr wait_reason waiting{"file watch", true};

// The two halves of a rename are queued one right after the other, by one call of somebody else. What yet others do at the same
// time may come in between.
constexpr auto other_half_takes = std::chrono::milliseconds(10);

std::string joined(std::string const& directory, std::string const& name) {
    return directory.ends_with('/') ? directory + name : directory + '/' + name;
}

}  // namespace

watch_state::~watch_state() {
    if (inotify_ == nullptr) return;
    close();
    inotify_->release();
}

// The kernel ends the watches with the last number, and waits for a grace period then, some 16 ms: not on a worker.
void watch_state::close() noexcept {
    scoped_fd last(inotify_->call([](int fd) { return calls::duplicate(fd); }));
    inotify_->close();
    if (last.get() >= 0) off_worker_shielded([&]() noexcept { return last.close(); });
}

outcome watch_state::begin(fs::path_view root, fs::watch_options options) {
    readiness_poller& poller = poller_for_new_socket();
    root_ = root.text();
    recursive_ = options.recursive;
    if (root_.find('\0') != std::string::npos) return {0, EINVAL};
    outcome const opened = off_worker([this] { return open(root_); });
    if (opened.error != 0) return opened;
    inotify_ = &descriptor::open(static_cast<int>(opened.bytes), poller, descriptor_kind::file);
    ended_ = false;
    return {};
}

call_result watch_state::open(std::string const& root) {
    struct statx found {};
    file_request request{file_request::kind::status, AT_FDCWD};
    request.path = root.c_str();
    request.about = &found;
    if (call_result const asked = make_call(request); asked.error != 0) return asked;
    directory_ = root;
    if (type_of_mode(found.stx_mode) != fs::file_type::directory) {
        std::size_t const slash = root.rfind('/');
        only_ = root.substr(slash + 1);
        directory_ = slash == std::string::npos ? "." : slash == 0 ? "/" : root.substr(0, slash);
        recursive_ = false;
    }
    call_result const made = calls::result(os().inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (made.error != 0) return made;
    scoped_fd number(made);
    int const error = tree_.add(number.get(), directory_, true, recursive_, nullptr);
    if (error != 0) return {0, error};
    return {static_cast<std::size_t>(number.release())};
}

// The number stays open meanwhile. Not a point of cancellation: the events that ask for it have been taken, so that what is not
// done now would never be, and the watch would go on with a hole in it.
template <class Calls>
outcome watch_state::with_tree(Calls const& calls) {
    this_fiber::shield const whatever_happens;
    outcome done{0, ECANCELED};
    inotify_->call([&](int fd) {
        try {
            done = off_worker([&] { return call_result{0, calls(fd)}; });
        } catch (std::bad_alloc const&) {
            done = {0, ENOMEM};
        }
        return call_result{};
    });
    return done;
}

outcome watch_state::next(std::optional<fs::watch_event>& event, bool wait) {
    for (;;) {
        if (!ready_.empty()) {
            event = std::move(ready_.front());
            ready_.pop_front();
            return {};
        }
        if (failure_ != 0) return {0, std::exchange(failure_, 0)};
        if (ended_) return {};
        outcome done;
        if (at_ < size_) {
            done = digest();
        } else if (!halves_.empty()) {
            done = wait_for_other_half();
        } else {
            done = read(wait);
            if (done.error == EAGAIN) return {};
        }
        if (done.error == ECANCELED && !done.cancelled) return {};  // closed
        if (done.error != 0) return done;
    }
}

outcome watch_state::read(bool wait) {
    auto const call = [this](int fd) {
        call_result const got = calls::read(fd, block_.data(), block_.size());
        if (got.error == EAGAIN) tree_.caught_up();
        return got;
    };
    outcome done;
    if (wait) {
        operation op(*inotify_, direction::read, waiting);
        call_result const got = op.attempt(call);
        done = {got.value, got.error, op.was_cancelled()};
    } else {
        call_result got;
        do got = inotify_->call(call);
        while (got.error == EINTR);
        done = {got.value, got.error};
    }
    if (done.error != 0) return done;
    at_ = 0;
    size_ = done.bytes;
    return {};
}

outcome watch_state::wait_for_other_half() {
    auto const now = clock::now();
    for (std::size_t i = 0; i < halves_.size();) {
        half_rename& half = halves_[i];
        if (half.is_late) {
            if (outcome const settled = settle(i); settled.error != 0) return settled;
        } else {
            half.is_late = half.waits_until <= now;
            ++i;
        }
    }
    if (halves_.empty()) return {};
    outcome const got = read(false);
    if (got.error != EAGAIN) return got;
    if (halves_.front().is_late) return {};
    try {
        select(source_case<readiness_source, no_handler>(readiness_source(inotify_, direction::read), no_handler()),
               on_deadline(halves_.front().waits_until));
    } catch (deadline_exceeded const&) {
        return {0, ETIMEDOUT, true};
    } catch (cancelled const&) {
        return {0, ECANCELED, true};
    }
    return {};
}

outcome watch_state::digest() {
    auto const& e = *reinterpret_cast<inotify_event const*>(block_.data() + at_);
    at_ += sizeof e + e.len;
    if ((e.mask & IN_Q_OVERFLOW) != 0) return start_again();
    watch_tree::directory const* const where = tree_.find(e.wd);
    if (where == nullptr) return {};
    bool const is_top = where->path == directory_;
    if ((e.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) != 0) {
        // A file that was watched by its name has been reported before its directory can be removed.
        if (is_top) end(only_.empty() || (e.mask & (IN_MOVE_SELF | IN_UNMOUNT)) != 0);
        if ((e.mask & IN_IGNORED) != 0) tree_.forget(e.wd);
        return {};
    }
    if (e.len == 0) {
        // About the directory itself; of all but the topmost, the directory above says so, too.
        if (is_top && only_.empty() && (e.mask & IN_ATTRIB) != 0) add(change::attributes, root_, true);
        return {};
    }
    std::string const name(e.name);
    if (!only_.empty() && name != only_) return {};
    return digest_named(e, name);
}

outcome watch_state::digest_named(inotify_event const& e, std::string const& name) {
    bool const is_directory = (e.mask & IN_ISDIR) != 0;
    std::string path = only_.empty() ? joined(tree_.find(e.wd)->path, name) : root_;
    if ((e.mask & (IN_CREATE | IN_MOVED_TO)) != 0) return arrived(e, name, path);
    if ((e.mask & IN_MOVED_FROM) != 0 && only_.empty()) {
        tree_.take_found(e.wd, name);
        halves_.push_back({e.cookie, std::move(path), is_directory, clock::now() + other_half_takes});
    } else if ((e.mask & (IN_DELETE | IN_MOVED_FROM)) != 0) {
        tree_.take_found(e.wd, name);
        add(change::removed, std::move(path), is_directory);
    } else if ((e.mask & IN_MODIFY) != 0) {
        add(change::modified, std::move(path), is_directory);
    } else if ((e.mask & IN_CLOSE_WRITE) != 0) {
        add(change::written, std::move(path), is_directory);
    } else if ((e.mask & IN_ATTRIB) != 0) {
        add(change::attributes, std::move(path), is_directory);
    }
    return {};
}

outcome watch_state::arrived(inotify_event const& e, std::string const& name, std::string const& path) {
    bool const is_directory = (e.mask & IN_ISDIR) != 0;
    bool const was_found = tree_.take_found(e.wd, name);
    // Something else has this name now, so that what had it has gone for good.
    auto const had_it = std::find_if(halves_.begin(), halves_.end(),
                                     [&](half_rename const& h) { return h.path == path && h.cookie != e.cookie; });
    if (had_it != halves_.end())
        if (outcome const settled = settle(static_cast<std::size_t>(had_it - halves_.begin())); settled.error != 0)
            return settled;
    auto const half =
        std::find_if(halves_.begin(), halves_.end(), [&](half_rename const& h) { return h.cookie == e.cookie; });
    if (half != halves_.end()) {
        std::string from = std::move(half->path);
        halves_.erase(half);
        if (is_directory) tree_.rename(from, path);
        ready_.push_back({change::renamed, path, std::move(from), is_directory});
        return is_directory && !tree_.watches(path) ? watch_new(path) : outcome{};
    }
    if (was_found) return {};
    add(change::created, path, is_directory);
    // Also if a directory of that path is watched: that was another one, of which the system says only when nobody uses it any
    // more that it has ended.
    return is_directory ? watch_new(path) : outcome{};
}

outcome watch_state::watch_new(std::string const& path) {
    if (!recursive_) return {};
    std::vector<fs::watch_event> found;
    outcome done = with_tree([&](int fd) { return tree_.add(fd, path, false, true, &found); });
    for (fs::watch_event& e : found) ready_.push_back(std::move(e));
    if (done.error == ECANCELED) return done;
    if (done.error != 0) failure_ = done.error;
    return {};
}

// What is still queued about the old watches concerns nobody: it happened before the overflow is reported.
outcome watch_state::start_again() {
    at_ = size_ = 0;
    halves_.clear();
    outcome const done = with_tree([this](int fd) {
        tree_.clear(fd);
        return tree_.add(fd, directory_, true, recursive_, nullptr);
    });
    if (done.error == ECANCELED) return done;
    add(change::overflow, root_, only_.empty());
    bool const is_gone = done.error == ENOENT || done.error == ENOTDIR;
    if (!is_gone) failure_ = done.error;
    if (is_gone || !tree_.watches(directory_)) end(is_gone);
    return {};
}

// It has left the tree, and is watched no longer.
outcome watch_state::settle(std::size_t index) {
    half_rename const gone = std::move(halves_[index]);
    halves_.erase(halves_.begin() + static_cast<std::ptrdiff_t>(index));
    add(change::removed, gone.path, gone.is_directory);
    if (!gone.is_directory || !recursive_) return {};
    return with_tree([&](int fd) {
        tree_.remove(fd, gone.path);
        return 0;
    });
}

void watch_state::end(bool report) {
    for (half_rename& gone : halves_) add(change::removed, std::move(gone.path), gone.is_directory);
    halves_.clear();
    if (report) add(change::removed, root_, only_.empty());
    ended_ = true;
}

}  // namespace weft::detail
