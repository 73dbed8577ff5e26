#pragma once
// The waiters of a lock or a counter, first come, first served. Unlike a channel's they carry no value.
//
// Everybody who waits does the same: takes the queue's lock, finds under it that it must wait, begins its wait, and `park`s,
// which links it and releases the lock. Who was served returns without touching the object again, as it may be gone; who was
// not takes the lock and unlinks itself, if nobody has popped it meanwhile.

#include <weft/clock.hpp>
#include <weft/detail/channel_core.hpp>
#include <weft/detail/spin_lock.hpp>
#include <weft/detail/wait.hpp>

#include <cstddef>

namespace weft::detail {

/// The tag of a waiter that got what it waited for; the others are `tag_timeout` and `tag_cancelled`.
inline constexpr wait_tag tag_served = 0;

struct queued_waiter : channel_waiter {
    clock::time_point since;   // when it began to wait
    bool handed_over = false;  // written by the waker before it delivers
};

enum class queue_end : bool { back, front };

/// When a wait in a queue may become known: all its wakers come by the queue's lock, unless there is a deadline.
inline publication published(clock::time_point deadline) noexcept {
    return deadline == clock::time_point::max() ? publication::late : publication::early;
}

inline bool has_passed(clock::time_point deadline) noexcept {
    return deadline != clock::time_point::max() && deadline <= clock::now();
}

/// Links `self` into `list`, releases `held`, and sleeps. `w` began under the lock, with `published(deadline)`.
wait_tag park_in(spin_lock& held, waiter_list& list, wait& w, channel_waiter& self, clock::time_point deadline,
                 queue_end at = queue_end::back) noexcept;

/// Takes whoever can still be woken out of `list`, as a chain by `next`, oldest first, and counts them.
channel_waiter* pop_all_claimed(waiter_list& list, std::size_t& count) noexcept;
/// Wakes a chain of claimed waiters, after the lock was released.
void deliver_all(channel_waiter* chain) noexcept;

/// Guarded by its own lock, which the owner also uses for its state.
class WEFT_CAPABILITY("wait queue") wait_queue {
public:
    void lock() noexcept WEFT_ACQUIRE() { lock_.lock(); }
    void unlock() noexcept WEFT_RELEASE() { lock_.unlock(); }

    bool empty() const noexcept { return list_.empty(); }
    queued_waiter* pop_claimed() noexcept { return static_cast<queued_waiter*>(list_.pop_claimed()); }
    channel_waiter* pop_all_claimed() noexcept {
        std::size_t count = 0;
        return detail::pop_all_claimed(list_, count);
    }
    void push(channel_waiter& w) noexcept { list_.push(w); }
    /// False: it was popped before.
    bool remove(channel_waiter& w) noexcept {
        bool const was_linked = w.linked;
        if (was_linked) list_.remove(w);
        return was_linked;
    }

    /// The caller holds the lock, which is released, and has begun `w`.
    wait_tag park(wait& w, channel_waiter& self, clock::time_point deadline = clock::time_point::max(),
                  queue_end at = queue_end::back) noexcept WEFT_RELEASE();

private:
    spin_lock lock_;
    waiter_list list_;
};

}  // namespace weft::detail
