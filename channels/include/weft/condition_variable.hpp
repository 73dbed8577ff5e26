#pragma once
#include <weft/clock.hpp>
#include <weft/detail/wait_queue.hpp>
#include <weft/mutex.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace weft {

/// Lets fibers and OS threads wait, with a `weft::mutex` unlocked meanwhile, until they are notified.
///
/// A wait ends by a notification, its deadline or a cancellation, and never without a reason. Notifications go to the oldest
/// waiter first, and each ends exactly one wait: one that ends by its deadline or a cancellation takes none. Nobody waiting: a
/// notification is lost. Whatever ends the wait, the mutex is locked again before the call returns or throws; that locking
/// ignores cancellation. Waiting without holding the lock, and destroying the variable under a waiter that has not been
/// notified, stop the program with a message.
///
/// Thread safety: any member from any fiber or thread. Blocks: the waits.
/// Errors: the waits throw `cancelled`.
/// Source: https://pkg.go.dev/sync#Cond
class condition_variable {
public:
    condition_variable() = default;
    ~condition_variable();
    condition_variable(condition_variable const&) = delete;
    condition_variable& operator=(condition_variable const&) = delete;

    /// Wakes the oldest waiter, if there is one. Whether the mutex is held makes no difference.
    void notify_one() noexcept;
    /// Wakes all that wait.
    void notify_all() noexcept;

    /// Waits until notified.
    void wait(std::unique_lock<mutex>& lock) { wait_until(lock, clock::time_point::max()); }
    /// Waits until `pred()`, which is called with the mutex held: first at once, then after each notification.
    template <class Pred>
    void wait(std::unique_lock<mutex>& lock, Pred pred) {
        while (!pred()) wait(lock);
    }

    /// Waits until notified, at most until `t`.
    std::cv_status wait_until(std::unique_lock<mutex>& lock, clock::time_point t);
    /// Waits until `pred()`, at most until `t`; returns what `pred` said last.
    template <class Pred>
    bool wait_until(std::unique_lock<mutex>& lock, clock::time_point t, Pred pred) {
        while (!pred())
            if (wait_until(lock, t) == std::cv_status::timeout) return pred();
        return true;
    }

    /// The same for at most `d`.
    template <class Rep, class Period>
    std::cv_status wait_for(std::unique_lock<mutex>& lock, std::chrono::duration<Rep, Period> d) {
        return wait_until(lock, detail::deadline_after(d));
    }
    /// The same for at most `d`; what `pred()` says in the end.
    template <class Rep, class Period, class Pred>
    bool wait_for(std::unique_lock<mutex>& lock, std::chrono::duration<Rep, Period> d, Pred pred) {
        return wait_until(lock, detail::deadline_after(d), std::move(pred));
    }

private:
    detail::wait_queue waiters_;
};

}  // namespace weft
