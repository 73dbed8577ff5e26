#pragma once
// The part of a channel that does not know its element type: who waits, who is served next, what close means.
//
// A value travels in one of three ways: from the sender straight into a waiting receiver's slot, through the buffer, or
// out of a waiting sender's frame. Whoever finds a partner completes the whole operation for it, so nobody barges in.
//
// Invariants: receivers wait        => the buffer is empty, no sender waits (except within one select).
//             senders wait          => the buffer is full (or has no room at all).
//             closed                => nobody waits.
//             A node is linked iff it is in a list; only under the lock. A popped node belongs to the popper until it
//             delivers, provided it won the claim; else it is the sleeper's again at once.
//             A channel that grows has a buffer of `room_` places, at first fewer than its capacity. A sender that finds it
//             full, and the channel not, makes a larger one, and a fiber that passes by an oversized one makes a smaller one:
//             both without the lock, which is held only while the values move.
// Lock order: the lock is a leaf, except that select takes those of all its channels, by address, and that a fiber which
//             waits without a deadline keeps it until it has left its stack.
// Destroy after wake: the unlock or the deliver that ends an operation is its last access to the channel. So values are
//             handed over after the unlock, to nodes that were claimed before it.

#include <weft/clock.hpp>
#include <weft/detail/atomic.hpp>
#include <weft/detail/biased_lock.hpp>
#include <weft/detail/budget.hpp>
#include <weft/detail/wait.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace weft::detail {

/// One waiter in one channel's list; lies in the sleeper's frame. Filled in only by those that really wait.
struct channel_waiter {
    wait_token token;
    wait_tag tag;
    bool linked;    // under the channel's lock
    bool closed;    // false when it is linked; written by the closer before it delivers
    void* element;  // a sender's value, or a receiver's empty std::optional
    channel_waiter* next;
    channel_waiter* previous;
};

/// First come, first served; leaving from the middle is O(1). All under the channel's lock, except `empty`.
class waiter_list {
public:
    bool empty() const noexcept { return first_.load(std::memory_order_acquire) == nullptr; }
    void push(channel_waiter& w) noexcept {
        w.linked = true;
        w.next = nullptr;
        w.previous = last_;
        if (last_ == nullptr)
            first_.store(&w, std::memory_order_relaxed);
        else
            last_->next = &w;
        last_ = &w;
    }
    /// The oldest; null if there is none.
    channel_waiter* front() const noexcept { return first_.load(std::memory_order_relaxed); }
    /// For one that has waited before.
    void push_front(channel_waiter& w) noexcept {
        channel_waiter* first = first_.load(std::memory_order_relaxed);
        w.linked = true;
        w.previous = nullptr;
        w.next = first;
        (first == nullptr ? last_ : first->previous) = &w;
        first_.store(&w, std::memory_order_relaxed);
    }
    channel_waiter* pop() noexcept {
        channel_waiter* w = first_.load(std::memory_order_relaxed);
        if (w != nullptr) remove(*w);
        return w;
    }
    void remove(channel_waiter& w) noexcept {
        w.linked = false;
        if (w.previous == nullptr)
            first_.store(w.next, std::memory_order_relaxed);
        else
            w.previous->next = w.next;
        if (w.next == nullptr)
            last_ = w.previous;
        else
            w.next->previous = w.previous;
    }
    /// The oldest waiter that nobody else has woken; the caller has claimed it.
    channel_waiter* pop_claimed() noexcept {
        while (channel_waiter* w = pop())
            if (w->token.try_claim()) return w;
        return nullptr;
    }

private:
    atomic<channel_waiter*> first_{nullptr};  // written under the lock; read without it by `empty`
    channel_waiter* last_ = nullptr;
};

enum class channel_result { done, would_wait, closed, timed_out };

class channel_core {
public:
    /// What the core needs to know of the element type. None of these throws, but `grow`.
    struct element_operations {
        void (*push)(channel_core& to, void* element, std::size_t n);  // element -> buffer, behind `n` others
        void (*pop)(channel_core& from, void* slot);                   // buffer -> slot
        void (*move_to_slot)(void* slot, void* element);               // element -> slot
        void (*grow)(channel_core& full);                              // the buffer, without the lock
    };

    channel_core(channel_core const&) = delete;

    void close();
    std::size_t size() const noexcept { return count_.load(std::memory_order_relaxed); }
    std::size_t capacity() const noexcept { return capacity_; }

    // ---- without the lock: "certainly not ready at some instant of this call". `closed_` is read last: a channel that
    // is open then was open before, when the rest was read. The loads acquire so that they stay in this order.

    bool cannot_receive() const noexcept {
        return count_.load(std::memory_order_acquire) == 0 && senders_.empty() &&
               !closed_.load(std::memory_order_acquire);
    }
    bool cannot_send() const noexcept {
        return count_.load(std::memory_order_acquire) >= capacity_ && receivers_.empty() &&
               !closed_.load(std::memory_order_acquire);
    }
    /// After a call that found nothing to do: a fiber that polls must not starve those it waits for.
    void count_miss() noexcept {
        // Counted roughly: several fibers may miss at the same time.
        std::uint32_t const misses = misses_.load(std::memory_order_relaxed) + 1;
        misses_.store(misses, std::memory_order_relaxed);
        if (misses % operations_per_charge == 0) [[unlikely]]
            charge_budget();
    }

    // ---- type-erased operations, for select and for the calls that park

    /// Take the lock, act if that is possible at once, release it.
    channel_result try_send(void* element);
    channel_result try_receive(void* slot);
    /// The caller holds the lock and has found that it must wait; this releases it.
    channel_result wait_to_send(void* element, clock::time_point deadline);
    channel_result wait_to_receive(void* slot, clock::time_point deadline);

    // ---- for select, which holds the lock

    bool can_send_locked() const noexcept;
    bool can_receive_locked() const noexcept;
    void lock() noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS { lock_.lock(); }
    void unlock() noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS { lock_.unlock(); }
    waiter_list& senders() noexcept { return senders_; }
    waiter_list& receivers() noexcept { return receivers_; }
    /// Removes a waiter that did not win, if it is still listed.
    void forget(waiter_list& from, channel_waiter& w) noexcept;

    void hold() noexcept { handles_.fetch_add(1, std::memory_order_relaxed); }
    /// True: that was the last handle.
    bool drop() noexcept { return handles_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
    /// For reports: where the number of handles is kept.
    static void const* handles_of(void const* core) noexcept {
        return &static_cast<channel_core const*>(core)->handles_;
    }

protected:
    channel_core(std::size_t capacity, std::size_t room, element_operations const& operations) noexcept
        : capacity_(capacity), room_(room), operations_(operations), grows_(room != capacity) {}
    ~channel_core() = default;

    /// Under the lock. True at every 64th operation: the caller then charges its budget, after the unlock.
    bool count_operation() noexcept { return lock_.count_use(); }
    /// The count never shows a state between two operations: `cannot_receive` would take it for one.
    void set_count(std::size_t n) noexcept { count_.store(n, std::memory_order_release); }

    static constexpr std::uint32_t operations_per_charge = biased_lock::uses_per_review;

    // What never changes, or seldom.
    std::size_t const capacity_;
    std::size_t room_;  // of the buffer; only in a channel that grows less than capacity_, and changed, under the lock
    element_operations const& operations_;
    bool const grows_;
    atomic<std::uint32_t> handles_{1};
    atomic<std::uint32_t> misses_{0};
    atomic<bool> closed_{false};  // written under the lock, release; read without it, acquire

    // What each operation writes: one cache line moves between the processors, and not two.
    alignas(cache_line_bytes) biased_lock lock_;
    atomic<std::size_t> count_{0};  // values in the buffer; written under the lock
    std::size_t head_ = 0;          // where the buffer's oldest value is
    waiter_list receivers_;
    waiter_list senders_;

private:
    channel_result grow_or_wait_to_send(void* element, clock::time_point deadline);
    channel_result wait_in(waiter_list& list, wait_reason const& reason, void* element, clock::time_point deadline);
};

/// What a nil channel does: nothing, for ever or until the deadline.
channel_result wait_on_nil(clock::time_point deadline);
[[noreturn]] void throw_closed(char const* what);

}  // namespace weft::detail
