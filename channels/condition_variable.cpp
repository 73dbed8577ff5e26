// A waiter is queued before it unlocks the mutex: whoever locks it afterwards, and then notifies, finds the waiter.
//
// Invariant: a notification ends one wait, because only a claimed node counts as woken: one that a deadline or a cancellation
//            has claimed before is skipped.
// Destroy after notify: a waiter that was notified does not touch the variable any more.
// Rejected:  moving a notified waiter to the mutex's queue instead of waking it. It saves a switch if the notifier holds the
//            lock for long, and costs every unlock a look at who is handed over to.
#include <weft/condition_variable.hpp>
#include <weft/detail/fatal.hpp>

namespace weft {

namespace {

constexpr detail::wait_reason waiting{"condition_variable wait"};

}  // namespace

condition_variable::~condition_variable() {
    if (!waiters_.empty())
        detail::fatal("a condition_variable was destroyed while somebody waits for it: notify all before", this);
}

void condition_variable::notify_one() noexcept {
    if (waiters_.empty()) return;
    detail::channel_waiter* next = nullptr;
    {
        std::scoped_lock guard(waiters_);
        next = waiters_.pop_claimed();
    }
    if (next != nullptr) next->token.who->deliver(next->tag);
}

void condition_variable::notify_all() noexcept {
    if (waiters_.empty()) return;
    detail::channel_waiter* woken = nullptr;
    {
        std::scoped_lock guard(waiters_);
        woken = waiters_.pop_all_claimed();
    }
    detail::deliver_all(woken);
}

std::cv_status condition_variable::wait_until(std::unique_lock<mutex>& lock, clock::time_point t) {
    if (!lock.owns_lock()) detail::fatal("a condition_variable was waited for without holding the lock", this);
    detail::channel_waiter self;
    // Published early: the mutex is unlocked between the begin and the park.
    detail::wait w(waiting, this);
    if (w.cancelled()) detail::throw_cancelled();
    self.token = w.token();
    self.tag = detail::tag_served;
    {
        std::scoped_lock guard(waiters_);
        waiters_.push(self);
    }
    lock.unlock();
    detail::wait_tag const winner = w.park_until(t);
    if (winner != detail::tag_served) {
        std::scoped_lock guard(waiters_);
        waiters_.remove(self);
    }
    lock.lock();
    if (winner == detail::tag_cancelled) detail::throw_cancelled();
    return winner == detail::tag_timeout ? std::cv_status::timeout : std::cv_status::no_timeout;
}

}  // namespace weft
