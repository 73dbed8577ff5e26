#pragma once
// The part of a task group that does not know its tasks: how many run, who waits for room or for the end, what failed.
//
// Invariants: somebody waits for room => running_ == limit_ > 0. Whoever leaves hands his place to the first of them.
//             somebody waits for the end => running_ != 0.
//             running_ reaches zero only under the lock, and is looked at only under it: a wait that lets its caller destroy
//             the group cannot overtake the task that is still leaving.
// Lock order: the lock is a leaf. Waits are claimed under it and delivered after it.
// Destroy after wake: for the last task, the unlock in `leave` is the last access to the group.

#include <weft/context.hpp>
#include <weft/detail/channel_core.hpp>
#include <weft/detail/spin_lock.hpp>

#include <cstddef>
#include <exception>

namespace weft::detail {

class task_group_core {
public:
    explicit task_group_core(context const& parent) : bound_(with_cancel(parent)) {}
    task_group_core(task_group_core const&) = delete;

    /// Counts a task that is about to start; waits for room. Errors: `cancelled`.
    void enter();
    /// The same without waiting. False: there is no room.
    bool try_enter() noexcept;
    /// A task has ended, or was not started after all.
    void leave() noexcept;
    /// An exception escaped a task. The first one cancels the others.
    void fail(std::exception_ptr failure) noexcept;

    /// Errors: `std::logic_error` while a task runs.
    void set_limit(std::size_t n);
    void cancel() noexcept { bound_.cancel(); }
    /// Waits until none runs, and rethrows the first failure. Errors: `cancelled`.
    void wait();
    /// Waits without being interrupted.
    void join() noexcept;
    context const& ctx() const noexcept { return bound_.ctx; }

private:
    bool has_room() const noexcept WEFT_REQUIRES(lock_) { return limit_ == 0 || running_ < limit_; }
    bool wait_for_end(interruptible may_cancel);

    cancellable const bound_;
    spin_lock lock_;
    std::size_t limit_ WEFT_GUARDED_BY(lock_) = 0;
    std::size_t running_ WEFT_GUARDED_BY(lock_) = 0;
    std::exception_ptr failure_ WEFT_GUARDED_BY(lock_);
    waiter_list for_room_ WEFT_GUARDED_BY(lock_);
    waiter_list for_end_ WEFT_GUARDED_BY(lock_);
};

/// Counts as a task until destroyed; `enter` came before.
class entered_group {
public:
    explicit entered_group(task_group_core& group) noexcept : group_(group) {}
    ~entered_group() { group_.leave(); }
    entered_group(entered_group const&) = delete;

private:
    task_group_core& group_;
};

}  // namespace weft::detail
