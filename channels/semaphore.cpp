// The slow paths of the semaphore.
//
// Invariants: `contended` is set iff somebody is queued, as seen under the queue's lock.
//             contended => no permit is free: `release` serves those that wait first. So nobody barges in.
//             While `contended` is set the state changes only under the lock.
// Destroy after wake: with nobody queued the last access of `release` is a compare-and-swap without the lock. With somebody
//             queued, or just popped, his call has not returned, so nobody may destroy the semaphore.
#include <weft/detail/fatal.hpp>
#include <weft/semaphore.hpp>

#include <mutex>
#include <stdexcept>
#include <string>

namespace weft {

namespace {

constexpr detail::wait_reason acquiring{"semaphore acquire"};

[[noreturn]] void overflow(counting_semaphore const* which) {
    detail::fatal("a semaphore was given more than max() permits", which);
}

}  // namespace

counting_semaphore::counting_semaphore(std::ptrdiff_t count) : state_(static_cast<std::uint64_t>(count) * permit) {
    if (count < 0 || count > max())
        throw std::invalid_argument("weft::counting_semaphore: a count of " + std::to_string(count));
}

counting_semaphore::~counting_semaphore() {
    if ((state_.load(std::memory_order_relaxed) & contended) != 0)
        detail::fatal("a semaphore was destroyed while somebody waits for it", this);
}

bool counting_semaphore::acquire_slowly(clock::time_point deadline) WEFT_NO_THREAD_SAFETY_ANALYSIS {
    if (detail::has_passed(deadline)) return false;
    detail::queued_waiter self;
    waiters_.lock();
    detail::wait w(acquiring, this, detail::interruptible::yes, detail::published(deadline));
    for (;;) {
        if (try_acquire()) {
            waiters_.unlock();
            return true;
        }
        if (w.cancelled()) {
            waiters_.unlock();
            detail::throw_cancelled();
        }
        std::uint64_t none = 0;
        if (state_.compare_exchange_strong(none, contended, std::memory_order_relaxed) || none == contended) break;
    }
    detail::wait_tag const winner = waiters_.park(w, self, deadline);
    if (winner == detail::tag_served) return true;
    {
        std::scoped_lock guard(waiters_);
        waiters_.remove(self);
        if (waiters_.empty()) state_.fetch_and(~contended, std::memory_order_relaxed);
    }
    if (winner == detail::tag_cancelled) detail::throw_cancelled();
    return false;
}

void counting_semaphore::release(std::ptrdiff_t n) {
    if (n < 0) detail::fatal("a negative number of permits was given back to a semaphore", this);
    if (n > max()) overflow(this);
    std::uint64_t given = static_cast<std::uint64_t>(n) * permit;
    std::uint64_t state = state_.load(std::memory_order_relaxed);
    for (;;) {
        while ((state & contended) == 0) {
            if (given > static_cast<std::uint64_t>(max()) * permit - state) overflow(this);
            // Release: pairs with the acquire of whoever takes them.
            if (state_.compare_exchange_weak(state, state + given, std::memory_order_release,
                                             std::memory_order_relaxed))
                return;
        }
        detail::channel_waiter* served = nullptr;
        {
            std::scoped_lock guard(waiters_);
            state = state_.load(std::memory_order_relaxed);
            if ((state & contended) == 0) continue;
            for (detail::channel_waiter** end = &served; given != 0; end = &(*end)->next, given -= permit) {
                *end = waiters_.pop_claimed();
                if (*end == nullptr) break;
                (*end)->next = nullptr;
            }
            // All have given up: as if nobody had waited, without the lock.
            state = !waiters_.empty() ? contended : served != nullptr ? given : 0;
            state_.store(state, std::memory_order_release);
        }
        if (served != nullptr || given == 0) return detail::deliver_all(served);
    }
}

}  // namespace weft
