#pragma once
#include <weft/detail/atomic.hpp>
#include <weft/detail/wait_queue.hpp>
#include <weft/go.hpp>
#include <weft/site.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace weft {

/// Mutual exclusion for fibers and OS threads, under the standard's names: `std::lock_guard<weft::mutex>` works.
///
/// A fiber that waits parks; its worker runs others. Whoever comes first may take a free lock before those that wait,
/// which is fast; a waiter that has waited longer than 1 ms is handed the lock. Locking ignores cancellation, so that
/// cleanup can lock. Not recursive. Destroying a locked mutex, or unlocking one that is not locked, stops the program
/// with a message.
///
/// Thread safety: any member from any fiber or thread; `unlock` may be called by another fiber than the one that
/// locked.
/// Source: https://pkg.go.dev/sync#Mutex
class mutex {
public:
    mutex() = default;
    ~mutex();
    mutex(mutex const&) = delete;
    mutex& operator=(mutex const&) = delete;

    /// Blocks: until the lock is this fiber's.
    void lock() {
        std::uint32_t expected = 0;
        // Acquire: pairs with the release in unlock.
        if (!state_.compare_exchange_strong(expected, locked, std::memory_order_acquire, std::memory_order_relaxed))
            [[unlikely]]
            lock_slowly();
    }
    /// Never waits; false if the lock is held.
    bool try_lock() {
        std::uint32_t state = state_.load(std::memory_order_relaxed);
        return (state & locked) == 0 && state_.compare_exchange_strong(state, state | locked, std::memory_order_acquire,
                                                                       std::memory_order_relaxed);
    }
    void unlock() {
        std::uint32_t expected = locked;
        // The last access to the mutex: the next owner may destroy it.
        if (!state_.compare_exchange_strong(expected, 0, std::memory_order_release, std::memory_order_relaxed))
            [[unlikely]]
            unlock_slowly();
    }

private:
    static constexpr std::uint32_t locked = 1;
    static constexpr std::uint32_t contended = 2;  // somebody is in `waiters_`; changed under its lock

    void lock_slowly();
    void unlock_slowly();

    detail::atomic<std::uint32_t> state_{0};
    detail::wait_queue waiters_;
};

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
    void wait();

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
    detail::atomic<std::ptrdiff_t> count_{0};  // reaches zero only under the lock of `waiters_`
    detail::wait_queue waiters_;
};

}  // namespace weft
