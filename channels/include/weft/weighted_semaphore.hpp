#pragma once
#include <weft/clock.hpp>
#include <weft/detail/channel_core.hpp>
#include <weft/detail/spin_lock.hpp>

#include <chrono>
#include <cstddef>

namespace weft {

/// An amount of something, such as bytes of memory, of which each user takes as much as it needs.
///
/// First come, first served: one that needs much is not overtaken for ever by those that need little; they wait behind it.
/// Giving back more than was taken, and destroying it under a waiter, stop the program with a message.
///
/// Thread safety: any member from any fiber or thread; who gives back need not be who took.
/// Source: https://pkg.go.dev/golang.org/x/sync/semaphore
class weighted_semaphore {
public:
    /// Errors: `std::invalid_argument` if `capacity` is negative.
    explicit weighted_semaphore(std::ptrdiff_t capacity);
    ~weighted_semaphore();
    weighted_semaphore(weighted_semaphore const&) = delete;
    weighted_semaphore& operator=(weighted_semaphore const&) = delete;

    /// Takes `n`.
    /// Blocks: until so much is free, and nobody waits who came before.
    /// Errors: `std::invalid_argument` if `n` is negative or exceeds the capacity; `cancelled`. Nothing was taken then.
    void acquire(std::ptrdiff_t n) { try_acquire_until(n, clock::time_point::max()); }
    /// The same if it needs no waiting.
    bool try_acquire(std::ptrdiff_t n) { return try_acquire_until(n, clock::time_point::min()); }
    /// The same, waiting at most until `t`. True: taken.
    bool try_acquire_until(std::ptrdiff_t n, clock::time_point t);
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool try_acquire_for(std::ptrdiff_t n, std::chrono::duration<Rep, Period> d) {
        return try_acquire_until(n, detail::deadline_after(d));
    }

    /// Gives `n` back.
    void release(std::ptrdiff_t n);

private:
    struct request : detail::channel_waiter {
        std::ptrdiff_t amount;
    };

    detail::channel_waiter* serve_locked() noexcept WEFT_REQUIRES(lock_);

    std::ptrdiff_t const capacity_;
    detail::spin_lock lock_;
    std::ptrdiff_t free_ WEFT_GUARDED_BY(lock_);
    detail::waiter_list waiters_ WEFT_GUARDED_BY(lock_);
};

}  // namespace weft
