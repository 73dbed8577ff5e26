#include <weft/detail/broadcast.hpp>

#include <mutex>
#include <thread>

namespace weft::detail {

void broadcast::set() noexcept {
    channel_waiter* woken = nullptr;
    bool first = false;
    {
        std::scoped_lock guard(waiters_);
        first = state_.load(std::memory_order_relaxed) == unset;
        if (first) {
            state_.store(setting, std::memory_order_relaxed);
            woken = waiters_.pop_all_claimed();
        }
    }
    if (!first) return await_set();
    state_.store(set_already, std::memory_order_release);
    deliver_all(woken);
}

void broadcast::await_set() const noexcept {
    for (int round = 0; !is_set(); ++round) {
        if (round < 100)
            cpu_relax();
        else
            std::this_thread::yield();  // the setter's thread may have been preempted
    }
}

bool broadcast::wait_slowly(clock::time_point deadline, wait_reason const& reason,
                            void const* object) WEFT_NO_THREAD_SAFETY_ANALYSIS {
    if (has_passed(deadline)) return false;
    waiters_.lock();
    if (state_.load(std::memory_order_relaxed) != unset) {
        waiters_.unlock();
        await_set();
        return true;
    }
    channel_waiter self;
    wait w(reason, object, interruptible::yes, published(deadline));
    if (w.cancelled()) {
        waiters_.unlock();
        throw_cancelled();
    }
    wait_tag const winner = waiters_.park(w, self, deadline);
    if (winner == tag_served) return true;
    unlink(self);
    if (winner == tag_cancelled) throw_cancelled();
    return is_set();
}

bool broadcast::link(channel_waiter& node) noexcept {
    {
        std::scoped_lock guard(waiters_);
        if (state_.load(std::memory_order_relaxed) == unset) {
            waiters_.push(node);
            return true;
        }
    }
    await_set();
    return false;
}

void broadcast::unlink(channel_waiter& node) noexcept {
    if (is_set()) return;  // then nobody is linked
    std::scoped_lock guard(waiters_);
    waiters_.remove(node);
}

}  // namespace weft::detail
