#pragma once
// The waiters of a lock or a counter, first come, first served. Unlike a channel's they carry no value.

#include <weft/clock.hpp>
#include <weft/detail/channel_core.hpp>
#include <weft/detail/spin_lock.hpp>

namespace weft::detail {

struct queued_waiter : channel_waiter {
    clock::time_point since;   // when it began to wait
    bool handed_over = false;  // written by the waker before it delivers
};

/// Guarded by its own lock, which the owner also uses for its state.
class WEFT_CAPABILITY("wait queue") wait_queue {
public:
    void lock() noexcept WEFT_ACQUIRE() { lock_.lock(); }
    void unlock() noexcept WEFT_RELEASE() { lock_.unlock(); }

    bool empty() const noexcept { return list_.empty(); }
    void push(queued_waiter& w) noexcept { list_.push(w); }
    void push_front(queued_waiter& w) noexcept { list_.push_front(w); }
    queued_waiter* pop_claimed() noexcept { return static_cast<queued_waiter*>(list_.pop_claimed()); }
    void remove(queued_waiter& w) noexcept {
        if (w.linked) list_.remove(w);
    }

private:
    spin_lock lock_;
    waiter_list list_;
};

}  // namespace weft::detail
