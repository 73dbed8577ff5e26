#pragma once
// Deadlines that are set where there is no worker: by plain threads. One thread for the process, started by the first and
// gone with the last.

#include <weft/detail/timers.hpp>

#include <condition_variable>
#include <mutex>

namespace weft::detail {

class timer_thread {
public:
    static timer_thread& instance() noexcept;

    /// As `timer_queue::arm`. Errors: `std::bad_alloc`, `std::system_error` if there is no thread.
    timer_handle arm(clock::time_point deadline, wait_token sleeper, wait_tag tag);
    /// A timer was stopped, perhaps one of these.
    void notice_stop(timer_handle const& stopped) noexcept;
    /// There is such a deadline, or one is just being served.
    bool runs() noexcept;

private:
    void work() noexcept;

    std::mutex lock_;  // before the queue's
    std::condition_variable changed_;
    timer_queue queue_;
    bool runs_ = false;  // guarded by lock_
};

}  // namespace weft::detail
