#pragma once
#include <weft/clock.hpp>
#include <weft/detail/wait_queue.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weft {

/// A number of permits that fibers and OS threads take and give back.
///
/// First come, first served: a permit that is given back goes to the oldest waiter, and nobody takes one while others wait.
/// More than `max()` permits, giving back a negative number, and destroying it under a waiter stop the program with a
/// message. It may be destroyed as soon as an `acquire` returned, also while the `release` that let it through still is
/// returning.
///
/// Thread safety: any member from any fiber or thread; who gives back need not be who took.
/// Source: https://en.cppreference.com/w/cpp/thread/counting_semaphore, https://pkg.go.dev/golang.org/x/sync/semaphore
class counting_semaphore {
public:
    /// Starts with `count` permits.
    /// Errors: `std::invalid_argument` if `count` is negative or more than `max()`.
    explicit counting_semaphore(std::ptrdiff_t count);
    ~counting_semaphore();
    counting_semaphore(counting_semaphore const&) = delete;
    counting_semaphore& operator=(counting_semaphore const&) = delete;

    /// The largest number of permits.
    static constexpr std::ptrdiff_t max() noexcept { return PTRDIFF_MAX / 2; }

    /// Takes a permit.
    /// Blocks: until there is one.
    /// Errors: `cancelled`; no permit was taken then.
    void acquire() {
        if (!try_acquire()) [[unlikely]]
            acquire_slowly(clock::time_point::max());
    }
    /// Takes a permit if there is one. Never waits.
    bool try_acquire() {
        std::uint64_t state = state_.load(std::memory_order_relaxed);
        while (state >= permit)
            // Acquire: pairs with the release in release.
            if (state_.compare_exchange_weak(state, state - permit, std::memory_order_acquire,
                                             std::memory_order_relaxed))
                return true;
        return false;
    }
    /// Takes a permit, waiting at most until `t`. True: taken.
    /// Errors: `cancelled`.
    bool try_acquire_until(clock::time_point t) { return try_acquire() || acquire_slowly(t); }
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool try_acquire_for(std::chrono::duration<Rep, Period> d) {
        return try_acquire() || acquire_slowly(detail::deadline_after(d));
    }

    /// Gives back `n` permits.
    void release(std::ptrdiff_t n = 1);

private:
    static constexpr std::uint64_t contended = 1;  // somebody waits; changed under the lock of `waiters_`
    static constexpr std::uint64_t permit = 2;

    bool acquire_slowly(clock::time_point deadline);

    std::atomic<std::uint64_t> state_;  // permits * permit | contended
    detail::wait_queue waiters_;
};

/// The standard's name where one permit is all there is; nothing here limits it to one.
using binary_semaphore = counting_semaphore;

}  // namespace weft
