#pragma once
#include <weft/clock.hpp>
#include <weft/mutex.hpp>

#include <chrono>

namespace weft {

/// A mutex that one can also wait for until a deadline.
///
/// Otherwise as `mutex`, in fairness, cost and misuse. The timed calls ignore cancellation, too: they are bounded, and their
/// result says whether they locked.
///
/// Thread safety: any member from any fiber or thread.
/// Source: https://en.cppreference.com/w/cpp/thread/timed_mutex
class timed_mutex {
public:
    timed_mutex() = default;
    ~timed_mutex() = default;
    timed_mutex(timed_mutex const&) = delete;
    timed_mutex& operator=(timed_mutex const&) = delete;

    /// Blocks: until the lock is this fiber's.
    void lock() { mutex_.lock(); }
    /// Never waits; false if the lock is held.
    bool try_lock() { return mutex_.try_lock(); }
    /// Lets in whoever waits.
    void unlock() { mutex_.unlock(); }

    /// True: locked. A lock that is free, or comes free in time, is taken, whatever the deadline.
    /// Blocks: until the lock is this fiber's, at most until `t`.
    bool try_lock_until(clock::time_point t) { return mutex_.try_lock() || mutex_.lock_slowly(t); }
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool try_lock_for(std::chrono::duration<Rep, Period> d) {
        return mutex_.try_lock() || mutex_.lock_slowly(detail::deadline_after(d));
    }

private:
    mutex mutex_;
};

}  // namespace weft
