#pragma once
#include <weft/detail/wait_queue.hpp>
#include <weft/go.hpp>
#include <weft/site.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace weft {

/// Counts pieces of work that are under way, and lets others wait for the end of all.
///
/// The counter going below zero, and destroying the group above zero, stop the program with a message. The group may be
/// used again when `wait` has returned, or be destroyed, also while the last `done` is still returning.
///
/// Thread safety: any member from any fiber or thread.
/// Source: https://pkg.go.dev/sync#WaitGroup
class wait_group {
public:
    wait_group() = default;
    ~wait_group();
    wait_group(wait_group const&) = delete;
    wait_group& operator=(wait_group const&) = delete;

    /// Counts `n` more pieces of work (or fewer, if negative).
    void add(std::ptrdiff_t n = 1);
    /// One piece of work has ended.
    void done() { add(-1); }
    /// Waits until the count is zero. What happened before each `done` is visible afterwards.
    /// Blocks: until the count is zero.
    /// Errors: `cancelled`.
    void wait() { wait_until(clock::time_point::max()); }
    /// The same, at most until `t`. True: the count was zero.
    /// Errors: `cancelled`.
    bool wait_until(clock::time_point t);
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> d) {
        return wait_until(detail::deadline_after(d));
    }

    /// Runs `f` in a detached fiber of its own that is counted until it ends.
    /// Errors: as `weft::go`; the count is unchanged then.
    template <class F>
    void go(F&& f, site where = site::here()) {
        add(1);
        try {
            weft::go(
                [this, work = std::decay_t<F>(std::forward<F>(f))]() mutable {
                    struct at_end {
                        wait_group& group;
                        ~at_end() { group.done(); }
                    } const counted{*this};
                    // What `f` holds is gone, too, before the group hears of it.
                    std::decay_t<F> mine(std::move(work));
                    std::move(mine)();
                },
                where);
        } catch (...) {
            done();
            throw;
        }
    }

private:
    std::atomic<std::ptrdiff_t> count_{0};  // reaches zero only under the lock of `waiters_`
    detail::wait_queue waiters_;
};

}  // namespace weft
