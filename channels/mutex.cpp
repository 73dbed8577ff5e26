// The slow paths of the mutex.
//
// Invariants: `contended` is set iff somebody is queued, as seen under the queue's lock.
//             A waiter that was handed the lock owns it; `locked` was never cleared in between.
//             Every queued waiter is uninterruptible, so claiming it cannot fail.
// Destroy after unlock: while somebody is queued or was just popped, his `lock` has not returned, so nobody may destroy
//             the mutex; it is touched until the queue's lock is released and no longer.
#include <weft/detail/fatal.hpp>
#include <weft/sync.hpp>

#include <chrono>
#include <mutex>

namespace weft {

namespace {

constexpr auto starving_after = std::chrono::milliseconds(1);
constexpr detail::wait_tag tag_woken = 0;

}  // namespace

mutex::~mutex() {
    if (state_.load(std::memory_order_relaxed) != 0) detail::fatal("a locked mutex was destroyed", this);
}

void mutex::lock_slowly() {
    static constexpr detail::wait_reason locking{
        "mutex lock", false, detail::wait_clue::has_holder,
        [](void const* object) noexcept -> void const* { return &static_cast<mutex const*>(object)->holder_; }};
    // A holder that runs on another processor is done sooner than this fiber could park. As for a spin lock, whoever looks
    // less often leaves the cache line to those who work with it.
    constexpr int looks = 4;
    constexpr int pauses = 16;
    if (detail::others_run_beside()) {
        for (int look = 0; look != looks; ++look) {
            for (int i = 0; i != pauses; ++i) detail::cpu_relax();
            if (try_lock()) return;
        }
    }
    detail::queued_waiter self;
    self.since = clock::now();
    for (bool first = true;; first = false) {
        detail::wait w(locking, this, detail::interruptible::no);
        {
            std::scoped_lock guard(waiters_);
            std::uint32_t const before = state_.fetch_or(locked | contended, std::memory_order_acquire);
            if ((before & locked) == 0) {
                // It came free: ours, and the flag as it should be.
                if (waiters_.empty()) state_.fetch_and(~contended, std::memory_order_relaxed);
                return;
            }
            self.token = w.token();
            self.tag = tag_woken;
            if (first)
                waiters_.push(self);
            else
                waiters_.push_front(self);
        }
        w.park();
        if (self.handed_over) return;
    }
}

void mutex::unlock_slowly() {
    detail::queued_waiter* next = nullptr;
    {
        std::scoped_lock guard(waiters_);
        std::uint32_t const state = state_.load(std::memory_order_relaxed);
        if ((state & locked) == 0) detail::fatal("a mutex that is not locked was unlocked", this);
        holder_.store(0, std::memory_order_relaxed);
        next = waiters_.pop_claimed();
        std::uint32_t cleared = waiters_.empty() ? contended : 0;
        if (next != nullptr && clock::now() - next->since > starving_after)
            next->handed_over = true;
        else
            cleared |= locked;
        state_.fetch_and(~cleared, std::memory_order_release);
    }
    if (next != nullptr) next->token.who->deliver(next->tag);
}

}  // namespace weft
