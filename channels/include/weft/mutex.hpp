#pragma once
#include <weft/clock.hpp>
#include <weft/detail/wait_queue.hpp>

#include <atomic>
#include <cstdint>

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
            lock_slowly(clock::time_point::max());
        note_holder();
    }
    /// Never waits; false if the lock is held.
    bool try_lock() {
        std::uint32_t state = state_.load(std::memory_order_relaxed);
        if ((state & locked) != 0 || !state_.compare_exchange_strong(state, state | locked, std::memory_order_acquire,
                                                                     std::memory_order_relaxed))
            return false;
        note_holder();
        return true;
    }
    /// Lets in whoever waits. By whoever holds the lock.
    void unlock() {
        std::uint32_t expected = locked;
        // The last access to the mutex: the next owner may destroy it.
        if (!state_.compare_exchange_strong(expected, 0, std::memory_order_release, std::memory_order_relaxed))
            [[unlikely]]
            unlock_slowly();
    }

private:
    friend class timed_mutex;

    static constexpr std::uint32_t locked = 1;
    static constexpr std::uint32_t contended = 2;  // somebody is in `waiters_`; changed under its lock

    /// False: the deadline passed first.
    bool lock_slowly(clock::time_point deadline);
    void unlock_slowly();
    void note_holder() noexcept { holder_.store(detail::stack_position(), std::memory_order_relaxed); }

    std::atomic<std::uint32_t> state_{0};
    /// For reports, which find the fiber by its stack. Written by whoever has just locked, cleared only by an unlock that
    /// somebody waits for.
    std::atomic<std::uintptr_t> holder_{0};
    detail::wait_queue waiters_;
};

}  // namespace weft
