// The slow paths of the mutex.
//
// Invariants: `contended` is set iff somebody is queued, as seen under the queue's lock.
//             A waiter that was handed the lock owns it; `locked` was never cleared in between.
//             A waiter that was woken without it tries once more before it looks at its deadline: no wake-up is lost.
// Destroy after unlock: while somebody is queued or was just popped, his call has not returned, so nobody may destroy
//             the mutex; it is touched until the queue's lock is released and no longer. With nobody queued the last access
//             is a compare-and-swap without that lock: `unlock_slowly` goes back to it if all waiters have left.
#include <weft/detail/fatal.hpp>
#include <weft/mutex.hpp>

#include <chrono>
#include <mutex>

namespace weft {

namespace {

constexpr detail::wait_reason locking{"mutex lock"};
constexpr auto starving_after = std::chrono::milliseconds(1);

}  // namespace

mutex::~mutex() {
    if (state_.load(std::memory_order_relaxed) != 0)
        detail::fatal("a locked mutex was destroyed: it must be unlocked, and every lock() have returned, before",
                      this);
}

bool mutex::lock_slowly(clock::time_point deadline) WEFT_NO_THREAD_SAFETY_ANALYSIS {
    // A holder that runs on another processor is done sooner than this fiber could park. As for a spin lock, whoever looks
    // less often leaves the cache line to those who work with it.
    constexpr int looks = 4;
    constexpr int pauses = 16;
    if (detail::others_run_beside()) {
        for (int look = 0; look != looks; ++look) {
            for (int i = 0; i != pauses; ++i) detail::cpu_relax();
            if (try_lock()) return true;
        }
    }
    detail::queued_waiter self;
    self.since = clock::now();
    if (self.since >= deadline) return false;
    for (auto place = detail::queue_end::back;; place = detail::queue_end::front) {
        waiters_.lock();
        std::uint32_t const before = state_.fetch_or(locked | contended, std::memory_order_acquire);
        if ((before & locked) == 0) {
            // It came free: ours, and the flag as it should be.
            if (waiters_.empty()) state_.fetch_and(~contended, std::memory_order_relaxed);
            waiters_.unlock();
            return true;
        }
        detail::wait w(locking, this, detail::interruptible::no, detail::published(deadline));
        if (waiters_.park(w, self, deadline, place) == detail::tag_timeout) break;
        if (self.handed_over) return true;
    }
    std::scoped_lock guard(waiters_);
    waiters_.remove(self);
    if (waiters_.empty()) state_.fetch_and(~contended, std::memory_order_relaxed);
    return false;
}

void mutex::unlock_slowly() {
    for (;;) {
        detail::queued_waiter* next = nullptr;
        {
            std::scoped_lock guard(waiters_);
            std::uint32_t const state = state_.load(std::memory_order_relaxed);
            if ((state & locked) == 0) detail::fatal("a mutex that is not locked was unlocked", this);
            next = waiters_.pop_claimed();
            std::uint32_t cleared = waiters_.empty() ? contended : 0;
            if (next != nullptr) {
                if (clock::now() - next->since > starving_after)
                    next->handed_over = true;
                else
                    cleared |= locked;
            }
            state_.fetch_and(~cleared, std::memory_order_release);
        }
        if (next != nullptr) return next->token.who->deliver(next->tag);
        // All have given up: as if nobody had waited.
        std::uint32_t expected = locked;
        if (state_.compare_exchange_strong(expected, 0, std::memory_order_release, std::memory_order_relaxed)) return;
    }
}

}  // namespace weft
