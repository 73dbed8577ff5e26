#include "timer_thread.hpp"

#include "registry.hpp"

#include <weft/detail/poller.hpp>

#include <thread>

namespace weft::detail {

timer_thread& timer_thread::instance() noexcept {
    static auto* forever = new timer_thread;  // its thread may outlive static destruction
    return *forever;
}

timer_handle timer_thread::arm(clock::time_point deadline, wait_token sleeper, wait_tag tag) {
    std::scoped_lock guard(lock_);
    timer_handle const armed = queue_.arm(deadline, sleeper, tag);
    if (!runs_) {
        try {
            std::thread(&timer_thread::work, this).detach();
        } catch (...) {
            timer_queue::stop(armed);
            throw;
        }
        runs_ = true;
    }
    changed_.notify_one();
    return armed;
}

void timer_thread::notice_stop(timer_handle const& stopped) noexcept {
    if (stopped.queue != &queue_) return;
    std::scoped_lock guard(lock_);
    changed_.notify_one();
}

bool timer_thread::runs() noexcept {
    std::scoped_lock guard(lock_);
    return runs_;
}

void timer_thread::work() noexcept {
    own_thread const counted;
    std::unique_lock guard(lock_);
    while (queue_.has_armed()) {
        changed_.wait_until(guard, queue_.earliest());
        guard.unlock();
        ready_list ready;  // stays empty: this thread is nobody's worker
        queue_.fire(clock::now(), ready);
        guard.lock();
    }
    runs_ = false;
}

}  // namespace weft::detail
