#pragma once
#include <weft/context.hpp>
#include <weft/detail/task_group_core.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/site.hpp>
#include <weft/this_fiber.hpp>

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

namespace weft {

/// Fibers that work on one thing: they are joined together, and the first that fails stops the others.
///
/// Tasks run under the group's context, a child of the current one. The first exception that escapes a task cancels that
/// context, so that the others throw `cancelled` where they wait, and is rethrown by `wait`. `cancelled` itself, also
/// `deadline_exceeded`, is no failure. The destructor cancels and joins: no task outlives the group.
///
/// After `wait` the group may be used again; once it has failed or was cancelled, its tasks start cancelled.
///
/// Thread safety: `go`, `try_go`, `spawn`, `cancel`, `wait` from any fiber, tasks of the group too, except that a task which waits
/// for its own group waits for itself. `wait` and `cancel` also from plain threads.
/// Source: https://pkg.go.dev/golang.org/x/sync/errgroup
class task_group {
public:
    /// Under the current context. Errors: `std::bad_alloc`.
    task_group() : task_group(this_fiber::current_context()) {}
    /// Under a child of `parent`. Errors: `std::bad_alloc`.
    explicit task_group(context const& parent) : core_(parent) {}
    task_group(task_group const&) = delete;
    task_group& operator=(task_group const&) = delete;
    /// Blocks: until the tasks have ended; not a point of cancellation.
    ~task_group() {
        core_.cancel();
        core_.join();
    }

    /// Starts a task.
    /// Blocks: while the limit is reached. A task that starts others in its group may so wait for itself.
    /// Errors: as `weft::go`; `cancelled` while it waits.
    template <class F>
    void go(F&& f, site where = site::here()) {
        core_.enter();
        start(std::forward<F>(f), where);
    }

    /// The same, unless the limit is reached: then it does nothing and returns false.
    template <class F>
    bool try_go(F&& f, site where = site::here()) {
        if (!core_.try_enter()) return false;
        start(std::forward<F>(f), where);
        return true;
    }

    /// A task with a result of its own. What escapes it is the group's as well as the handle's; cancelling it through the
    /// handle cancels it alone.
    /// Blocks, errors: as `go`.
    template <class F>
    auto spawn(F&& f, site where = site::here()) -> fiber_for<F> {
        using result = std::invoke_result_t<std::decay_t<F>>;
        core_.enter();
        try {
            return detail::fiber_access::make<result>(detail::launch_under(
                ctx(), where, false,
                [this, work = std::decay_t<F>(std::forward<F>(f))]() mutable -> result { return run(work); }));
        } catch (...) {
            core_.leave();
            throw;
        }
    }

    /// At most `n` tasks at a time; 0: no limit. Only while none is running.
    /// Errors: `std::logic_error` otherwise.
    void set_limit(std::size_t n) { core_.set_limit(n); }

    /// Cancels the group's context, and so its tasks, also those to come.
    void cancel() noexcept { core_.cancel(); }

    /// Waits until no task is left. What happened in them is visible afterwards.
    /// Blocks: until then.
    /// Errors: the first exception that escaped a task; `cancelled`, if the caller is cancelled while it waits.
    void wait() { core_.wait(); }

    /// What the tasks run under. Its cause is the first failure.
    context const& ctx() const noexcept { return core_.ctx(); }

private:
    template <class F>
    void start(F&& f, site where) {
        try {
            detail::launch_under(ctx(), where, true, [this, work = std::decay_t<F>(std::forward<F>(f))]() mutable {
                try {
                    run(work);
                } catch (...) {
                    // The group has it, unless it is a cancellation.
                }
            });
        } catch (...) {
            core_.leave();
            throw;
        }
    }

    // What the task holds is gone before the group hears of its end.
    template <class F>
    std::invoke_result_t<F> run(F& work) {
        detail::entered_group const counted(core_);
        try {
            F mine(std::move(work));
            return std::move(mine)();
        } catch (cancelled const&) {
            throw;
        } catch (...) {
            core_.fail(std::current_exception());
            throw;
        }
    }

    detail::task_group_core core_;
};

}  // namespace weft
