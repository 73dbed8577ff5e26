// Invariants, under the queue's lock: 0 < missing_ <= participants_, or both are zero.
//             Whoever is queued has arrived in this phase: the last one to arrive takes all out of the queue. So a waiter that
//             finds itself unlinked has been through the barrier, even if a cancellation woke it.
#include <weft/barrier.hpp>
#include <weft/detail/fatal.hpp>

#include <mutex>
#include <stdexcept>
#include <string>

namespace weft {

namespace {

constexpr detail::wait_reason waiting{"barrier arrive_and_wait"};

}  // namespace

barrier::barrier(std::ptrdiff_t count) : participants_(count), missing_(count) {
    if (count < 0) throw std::invalid_argument("weft::barrier: negative count " + std::to_string(count));
}

barrier::~barrier() {
    if (!waiters_.empty()) detail::fatal("a barrier was destroyed while somebody waits at it", this);
}

// Counts one more; of the last one the result is a chain of all that waited.
detail::channel_waiter* barrier::arrive_locked() {
    if (missing_ == 0) detail::fatal("more have arrived at a barrier than take part", this);
    if (--missing_ != 0) return nullptr;
    missing_ = participants_;
    return waiters_.pop_all_claimed();
}

void barrier::arrive_and_wait() WEFT_NO_THREAD_SAFETY_ANALYSIS {
    waiters_.lock();
    if (missing_ <= 1) {
        detail::channel_waiter* const others = arrive_locked();
        waiters_.unlock();
        return detail::deliver_all(others);
    }
    detail::channel_waiter self;
    detail::wait w(waiting, this, detail::interruptible::yes, detail::publication::late);
    if (w.cancelled()) {
        waiters_.unlock();
        detail::throw_cancelled();
    }
    arrive_locked();
    if (waiters_.park(w, self) == detail::tag_served) return;
    std::unique_lock lock(waiters_);
    if (!waiters_.remove(self)) return;
    ++missing_;
    lock.unlock();
    detail::throw_cancelled();
}

void barrier::arrive_and_drop() WEFT_NO_THREAD_SAFETY_ANALYSIS {
    detail::channel_waiter* others = nullptr;
    {
        std::scoped_lock guard(waiters_);
        if (participants_ == 0) detail::fatal("more have left a barrier than take part", this);
        --participants_;
        others = arrive_locked();
    }
    detail::deliver_all(others);
}

}  // namespace weft
