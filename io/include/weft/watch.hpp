#pragma once
#include <weft/chan.hpp>
#include <weft/clock.hpp>
#include <weft/detail/readiness_source.hpp>
#include <weft/detail/typed_case.hpp>
#include <weft/path_view.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace weft::detail {
class watch_state;
struct watch_access;
}  // namespace weft::detail

namespace weft::fs {

/// What has happened to a path.
enum class change : std::uint8_t {
    created,     ///< it is there now, also because it was moved here from elsewhere
    modified,    ///< its content has changed; more may follow
    written,     ///< whoever wrote it has closed it
    attributes,  ///< permissions, owner, times
    removed,     ///< it is gone, also because it was moved elsewhere
    renamed,     ///< it was `old_path`; replaces what was there
    overflow,    ///< changes were lost, because there were too many at once: look at everything anew
};

/// A change, as a watcher reports it.
struct watch_event {
    /// What has happened.
    change what = change::overflow;
    /// To which path: the root as it was given, or it and the names below it.
    std::string path;
    /// Only if it was renamed.
    std::string old_path;
    /// It is a directory.
    bool is_directory = false;
};

/// What to watch.
struct watch_options {
    /// All that is below a directory, also what is made later; else only what is in it.
    bool recursive = true;
};

/// Reports the changes to a file or to a directory tree. Move-only; ends the watch when destroyed.
///
/// What happens after the constructor has returned is reported, once, and in the order in which it happened, as far
/// as one order is known. What appears in a new directory before the system could be told to watch it is found by
/// looking, and reported as created. Symbolic links are not followed, but the root may be one.
///
/// A directory's watch ends, after it has been reported as removed, when it is removed or moved away. A file is
/// watched by its name, in its directory: it may be removed and come back, as editors do it; the watch ends with the
/// directory.
///
/// The system limits how many directories a user can watch. Network and pseudo file systems report nothing that
/// others do there.
///
/// Thread safety: `close` and the deadline from any fiber or thread; otherwise one fiber has it.
/// Source: inotify(7)
class watcher {
public:
    /// Watches nothing; its next event is none.
    watcher() noexcept;
    /// Begins to watch, and reads the tree to do so.
    /// Blocks: parks the fiber until everything is watched.
    /// Errors: `std::system_error`; `no_space_on_device` and a message that names fs.inotify.max_user_watches if
    /// there are too many directories, `too_many_files_open` and one that names fs.inotify.max_user_instances if
    /// there are too many watchers; `runtime_stopped` on a plain thread.
    explicit watcher(path_view root, watch_options options = {});
    /// The same; a failure is reported in `ec`.
    watcher(path_view root, watch_options options, std::error_code& ec);
    /// Takes the watch over.
    watcher(watcher&& other) noexcept;
    /// Ends the watch held so far, and takes the other's over.
    watcher& operator=(watcher&& other) noexcept;
    ~watcher();

    /// The next change; nothing when the watch has ended, or was closed.
    /// Blocks: until something changes.
    /// Errors: `std::system_error`: `timed_out` at the deadline; as the constructor when a new directory cannot be watched: it
    /// goes on without it; or when the root cannot be any more after an overflow, which ends the watch. `cancelled`.
    std::optional<watch_event> next();
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    std::optional<watch_event> next(std::error_code& ec);

    /// The next change if one has happened. Does not wait, but for some milliseconds when half of a rename has
    /// arrived, and for the disk when a directory is new. For the handler of `on_change`.
    /// Errors: as `next`.
    std::optional<watch_event> try_next();

    /// Sends the changes to a channel, which may be bounded, until the watch ends: for a fiber of its own. The
    /// channel stays open.
    /// Blocks: until the watch has ended.
    /// Errors: as `next`; `closed_channel`.
    void deliver(send_chan<watch_event> const& to);

    /// From `t` on `next`, also one in progress, fails with `timed_out`, until the deadline is moved or cleared.
    void set_deadline(clock::time_point t);
    /// No deadline.
    void clear_deadline();

    /// Ends the watch: `next`, also one in progress, returns nothing.
    /// Blocks: until the call in progress has noticed; not a point of cancellation.
    void close() noexcept;
    /// More may come: the watch was not closed, and if it has ended, that has not been reported yet.
    bool is_open() const noexcept;

private:
    friend struct detail::watch_access;
    detail::readiness_source readiness() const noexcept;

    std::unique_ptr<detail::watch_state> state_;
};

}  // namespace weft::fs

namespace weft::detail {

/// Lets select reach what a watcher waits for.
struct watch_access {
    static readiness_source readiness(fs::watcher const& w) noexcept { return w.readiness(); }
};

}  // namespace weft::detail

namespace weft::fs {

/// A case of `select` that can run when something may have changed, or the watch has ended: ask with `try_next`.
template <class F = detail::no_handler>
auto on_change(watcher& w, F&& f = {}) {
    return detail::source_case<detail::readiness_source, F>{detail::watch_access::readiness(w), std::forward<F>(f)};
}

}  // namespace weft::fs
