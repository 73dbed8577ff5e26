// Invariants: somebody is queued => the function is running. A failed call hands its turn to the oldest waiter: the state
//             stays `running` in between.
// Destroy after wake: the store of `done` is the last access of the call that did it. Whoever finds `finishing` waits for it.
#include <weft/detail/fatal.hpp>
#include <weft/once.hpp>

#include <mutex>
#include <thread>

namespace weft {

namespace {

constexpr detail::wait_reason waiting{"once call"};

}  // namespace

once::~once() {
    std::uint32_t const state = state_.load(std::memory_order_relaxed);
    if (state == running || state == finishing) detail::fatal("a once was destroyed during a call", this);
}

// True: the caller runs the function, and says how it ended.
bool once::begin() WEFT_NO_THREAD_SAFETY_ANALYSIS {
    detail::waiter const* const me = &detail::current_waiter();
    waiters_.lock();
    std::uint32_t const state = state_.load(std::memory_order_relaxed);
    if (state == running) {
        if (caller_.load(std::memory_order_relaxed) == me)
            detail::fatal("a once was called by the function that it runs: it would wait for itself", this);
        detail::queued_waiter self;
        detail::wait w(waiting, this, detail::interruptible::yes, detail::publication::late);
        if (w.cancelled()) {
            waiters_.unlock();
            detail::throw_cancelled();
        }
        if (waiters_.park(w, self) != detail::tag_served) {
            {
                std::scoped_lock guard(waiters_);
                waiters_.remove(self);
            }
            detail::throw_cancelled();
        }
        if (self.handed_over) caller_.store(me, std::memory_order_relaxed);
        return self.handed_over;
    }
    if (state == idle) {
        state_.store(running, std::memory_order_relaxed);
        caller_.store(me, std::memory_order_relaxed);
    }
    waiters_.unlock();
    if (state == idle) return true;
    for (int round = 0; !is_done(); ++round) {
        if (round < 100)
            detail::cpu_relax();
        else
            std::this_thread::yield();  // the other's thread may have been preempted
    }
    return false;
}

void once::fail() noexcept {
    detail::queued_waiter* next = nullptr;
    {
        std::scoped_lock guard(waiters_);
        caller_.store(nullptr, std::memory_order_relaxed);
        next = waiters_.pop_claimed();
        if (next == nullptr) state_.store(idle, std::memory_order_relaxed);
    }
    if (next == nullptr) return;
    next->handed_over = true;
    next->token.who->deliver(next->tag);
}

void once::succeed() noexcept {
    detail::channel_waiter* woken = nullptr;
    {
        std::scoped_lock guard(waiters_);
        state_.store(finishing, std::memory_order_relaxed);
        woken = waiters_.pop_all_claimed();
    }
    state_.store(done, std::memory_order_release);
    detail::deliver_all(woken);
}

}  // namespace weft
