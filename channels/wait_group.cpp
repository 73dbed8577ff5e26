// The count reaches zero only under the queue's lock, and `wait` looks at it only under that lock: a wait that lets its
// caller destroy the group cannot overtake the `done` that is still inside.
#include <weft/detail/fatal.hpp>
#include <weft/sync.hpp>

#include <mutex>

namespace weft {

namespace {

constexpr detail::wait_reason waiting{"wait_group wait"};
constexpr detail::wait_tag tag_zero = 0;

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
        detail::channel_waiter* last = nullptr;
        while (detail::queued_waiter* w = waiters_.pop_claimed()) {
            w->next = nullptr;
            (last == nullptr ? woken : last->next) = w;
            last = w;
        }
    }
    while (woken != nullptr) {
        detail::channel_waiter* w = std::exchange(woken, woken->next);
        w->token.who->deliver(w->tag);
    }
}

void wait_group::wait() {
    detail::queued_waiter self;
    detail::wait w(waiting, this);
    {
        std::scoped_lock guard(waiters_);
        if (count_.load(std::memory_order_acquire) == 0) return;
        if (!w.cancelled()) {
            self.token = w.token();
            self.tag = tag_zero;
            waiters_.push(self);
        }
    }
    if (w.cancelled()) detail::throw_cancelled();
    if (w.park() == tag_zero) return;
    {
        std::scoped_lock guard(waiters_);
        waiters_.remove(self);
    }
    detail::throw_cancelled();
}

}  // namespace weft
