#pragma once
#include <weft/clock.hpp>
#include <weft/detail/broadcast.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>

namespace weft {

/// A counter that only goes down, once: whoever waits goes through when it is zero.
///
/// Counting below zero, or by a negative number, and destroying it under a waiter stop the program with a message. It may be
/// destroyed as soon as anybody has seen it at zero, also while the last `count_down` still is returning.
///
/// Thread safety: any member from any fiber or thread.
/// Source: https://en.cppreference.com/w/cpp/thread/latch
class latch {
public:
    /// Errors: `std::invalid_argument` if `count` is negative. A latch of zero is open.
    explicit latch(std::ptrdiff_t count);
    ~latch();
    latch(latch const&) = delete;
    latch& operator=(latch const&) = delete;

    /// Counts `n` down. What happened before is visible after the waits that this lets through.
    void count_down(std::ptrdiff_t n = 1);
    /// Whether the count is zero. Never waits.
    bool try_wait() const noexcept { return zero_.is_set(); }
    /// Blocks: until the count is zero.
    /// Errors: `cancelled`, unless it is zero.
    void wait() { wait_until(clock::time_point::max()); }
    /// The same, at most until `t`. True: it is zero.
    bool wait_until(clock::time_point t);
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> d) {
        return try_wait() || wait_until(detail::deadline_after(d));
    }
    /// `count_down(n)`, then `wait()`. A cancelled wait has counted down all the same.
    void arrive_and_wait(std::ptrdiff_t n = 1) {
        count_down(n);
        wait();
    }

private:
    std::atomic<std::ptrdiff_t> count_;
    detail::broadcast zero_;
};

}  // namespace weft
