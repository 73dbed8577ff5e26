#pragma once
// Deadlines of waits, and actions at a time: a heap per worker.
//
// A fiber holds `{record, generation}` and nobody holds anything of the fiber but its wait token, so neither side can
// dangle. To stop a timer is one compare-and-swap; its entry stays in the heap, dead, until it comes up or a sweep
// removes it.
//
//     record state:  idle -> armed -> idle      (fired, by whoever runs the heap)
//                             armed -> dead -> idle   (stopped by the sleeper; recycled by whoever runs the heap)
//
// Invariants: each armed or dead record has exactly one entry in the heap; idle ones are on the free list.
//             The generation grows whenever a record becomes idle, so that a stale handle can stop nothing.
// Lock order: the heap's lock is a leaf; waits are claimed after it is released, which tokens allow.

#include <weft/clock.hpp>
#include <weft/detail/atomic.hpp>
#include <weft/detail/biased_lock.hpp>
#include <weft/detail/timed_action.hpp>
#include <weft/detail/timer_handle.hpp>
#include <weft/detail/waiter.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <vector>

namespace weft::detail {

struct timer_record {
    enum : std::uint64_t { idle, armed, dead, state_mask = 3 };

    atomic<std::uint64_t> state{0};  // generation << 2 | state
    timed_action* action = nullptr;  // while armed: what is done; null: `sleeper` is woken
    wait_token sleeper;              // while armed or dead
    wait_tag tag = 0;
    std::uint64_t serial = 0;  // of the action
    timer_record* next_free = nullptr;
};

class timer_queue {
public:
    timer_queue() = default;
    timer_queue(timer_queue const&) = delete;

    /// Wakes `sleeper` with `tag` once `deadline` has passed. Errors: `std::bad_alloc`; nothing is armed then.
    timer_handle arm(clock::time_point deadline, wait_token sleeper, wait_tag tag);

    /// Does `action` instead. Errors: `std::bad_alloc`; nothing is armed then.
    timer_handle arm(clock::time_point deadline, timed_action& action, std::uint64_t serial);

    /// True: it had not fired and will not.
    static bool stop(timer_handle const& timer) noexcept;

    /// Wakes every sleeper whose deadline is not after `now`. Returns how many.
    std::size_t fire(clock::time_point now, ready_list& ready) noexcept;

    /// The earliest deadline, dead ones included: it may be too early but never too late. `max()`: none.
    clock::time_point earliest() const noexcept {
        return clock::time_point(clock::duration(earliest_.load(std::memory_order_acquire)));
    }

    /// Roughly, while timers are being stopped.
    std::size_t live() const noexcept;
    /// Exactly: whether any timer is yet to fire. Looks at the stopped ones that come before it.
    bool has_armed() const noexcept;

    /// A queue is never freed, so that a handle may be stopped for ever. Errors: `std::bad_alloc`.
    static timer_queue& take();
    /// Wakes all sleepers that are left with `tag`, abandons the actions, and gives the queue back.
    static void retire(timer_queue& queue, wait_tag tag) noexcept;

    timer_queue* next_free = nullptr;  // in the pool

private:
    struct entry {
        clock::time_point deadline;
        timer_record* record;
    };

    std::size_t fire(clock::time_point now, wait_tag const* instead, ready_list& ready) noexcept;
    timer_record& add(clock::time_point deadline) WEFT_REQUIRES(lock_);
    timer_handle armed(timer_record& record) noexcept WEFT_REQUIRES(lock_);
    void sweep() noexcept WEFT_REQUIRES(lock_);
    void recycle(timer_record& record) noexcept WEFT_REQUIRES(lock_);
    void publish_earliest() noexcept WEFT_REQUIRES(lock_);

    mutable biased_lock lock_;                        // its worker takes it, and now and then another
    std::vector<entry> heap_ WEFT_GUARDED_BY(lock_);  // std::push_heap order: the earliest is in front
    std::deque<timer_record> records_ WEFT_GUARDED_BY(lock_);
    timer_record* free_ WEFT_GUARDED_BY(lock_) = nullptr;
    atomic<std::int64_t> dead_{0};                                                      // stopped and still in the heap
    atomic<clock::rep> earliest_{clock::time_point::max().time_since_epoch().count()};  // written under the lock
};

/// The heap of the worker that runs the calling fiber.
timer_queue& current_timers() noexcept;

}  // namespace weft::detail
