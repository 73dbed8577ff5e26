// The count reaches zero only under the queue's lock, and `wait` looks at it only under that lock: a wait that lets its
// caller destroy the group cannot overtake the `done` that is still inside.
#include <weft/detail/fatal.hpp>
#include <weft/wait_group.hpp>

#include <mutex>

namespace weft {

namespace {

constexpr detail::wait_reason waiting{"wait_group wait"};

}  // namespace

wait_group::~wait_group() {
    if (count_.load(std::memory_order_acquire) != 0)
        detail::fatal("a wait_group was destroyed while work was under way", this);
}

void wait_group::add(std::ptrdiff_t n) {
    std::ptrdiff_t count = count_.load(std::memory_order_relaxed);
    while (count + n > 0) {
        // Release: pairs with the acquire of whoever brings the count to zero.
        if (count_.compare_exchange_weak(count, count + n, std::memory_order_acq_rel, std::memory_order_relaxed))
            return;
    }
    detail::channel_waiter* woken = nullptr;
    {
        std::scoped_lock guard(waiters_);
        count = count_.fetch_add(n, std::memory_order_acq_rel) + n;
        if (count < 0) detail::fatal("a wait_group's counter went below zero", this);
        if (count != 0) return;
        woken = waiters_.pop_all_claimed();
    }
    detail::deliver_all(woken);
}

bool wait_group::wait_until(clock::time_point t) WEFT_NO_THREAD_SAFETY_ANALYSIS {
    waiters_.lock();
    if (count_.load(std::memory_order_acquire) == 0) {
        waiters_.unlock();
        return true;
    }
    if (detail::has_passed(t)) {
        waiters_.unlock();
        return false;
    }
    detail::queued_waiter self;
    detail::wait w(waiting, this, detail::interruptible::yes, detail::published(t));
    if (w.cancelled()) {
        waiters_.unlock();
        detail::throw_cancelled();
    }
    detail::wait_tag const winner = waiters_.park(w, self, t);
    if (winner == detail::tag_served) return true;
    {
        std::scoped_lock guard(waiters_);
        waiters_.remove(self);
    }
    if (winner == detail::tag_cancelled) detail::throw_cancelled();
    return false;
}

}  // namespace weft
