// Everything happens under one small lock: whoever needs much of something does not take it every 20 ns.
//
// Invariants: 0 <= free_ <= capacity_. The oldest waiter needs more than free_, as seen by whoever takes the lock: every
//             change of free_ and of who is oldest is followed by serve_locked.
// Destroy after wake: the lock is released before anybody is woken.
#include <weft/detail/fatal.hpp>
#include <weft/detail/wait_queue.hpp>
#include <weft/weighted_semaphore.hpp>

#include <stdexcept>
#include <string>

namespace weft {

namespace {

constexpr detail::wait_reason acquiring{"weighted semaphore acquire"};

}  // namespace

weighted_semaphore::weighted_semaphore(std::ptrdiff_t capacity) : capacity_(capacity), free_(capacity) {
    if (capacity < 0)
        throw std::invalid_argument("weft::weighted_semaphore: a capacity of " + std::to_string(capacity));
}

weighted_semaphore::~weighted_semaphore() {
    detail::spin_guard guard(lock_);
    if (!waiters_.empty()) detail::fatal("a weighted_semaphore was destroyed while somebody waits for it", this);
}

// Gives the oldest what they need, as far as it goes. Returns them as a chain, claimed.
detail::channel_waiter* weighted_semaphore::serve_locked() noexcept {
    detail::channel_waiter* first = nullptr;
    for (detail::channel_waiter** end = &first;;) {
        auto* const oldest = static_cast<request*>(waiters_.front());
        if (oldest == nullptr || oldest->amount > free_) return first;
        waiters_.remove(*oldest);
        if (!oldest->token.try_claim()) continue;  // cancelled or too late, and about to find itself unlinked
        free_ -= oldest->amount;
        oldest->next = nullptr;
        *end = oldest;
        end = &oldest->next;
    }
}

bool weighted_semaphore::try_acquire_until(std::ptrdiff_t n, clock::time_point t) WEFT_NO_THREAD_SAFETY_ANALYSIS {
    if (n < 0 || n > capacity_)
        throw std::invalid_argument("weft::weighted_semaphore: " + std::to_string(n) + " of " +
                                    std::to_string(capacity_));
    request self;
    self.amount = n;
    lock_.lock();
    if (waiters_.empty() && n <= free_) {
        free_ -= n;
        lock_.unlock();
        return true;
    }
    if (detail::has_passed(t)) {
        lock_.unlock();
        return false;
    }
    detail::wait w(acquiring, this, detail::interruptible::yes, detail::published(t));
    if (w.cancelled()) {
        lock_.unlock();
        detail::throw_cancelled();
    }
    detail::wait_tag const winner = detail::park_in(lock_, waiters_, w, self, t);
    if (winner == detail::tag_served) return true;
    detail::channel_waiter* served = nullptr;
    {
        detail::spin_guard guard(lock_);
        if (self.linked) waiters_.remove(self);
        served = serve_locked();  // those behind may need less
    }
    detail::deliver_all(served);
    if (winner == detail::tag_cancelled) detail::throw_cancelled();
    return false;
}

void weighted_semaphore::release(std::ptrdiff_t n) {
    if (n < 0) detail::fatal("a negative amount was given back to a weighted_semaphore", this);
    detail::channel_waiter* served = nullptr;
    {
        detail::spin_guard guard(lock_);
        if (n > capacity_ - free_) detail::fatal("a weighted_semaphore was given back more than was taken", this);
        free_ += n;
        served = serve_locked();
    }
    detail::deliver_all(served);
}

}  // namespace weft
