#pragma once
// A first-in-first-out list of runnable fibers that any thread may add to: woken from outside a worker, overflow of a
// full ring, or bound to one worker. Linked through the control blocks: adding never allocates and never fails.
//
// Lock order: the lock is a leaf.

#include <weft/detail/atomic.hpp>
#include <weft/detail/poller.hpp>
#include <weft/detail/spin_lock.hpp>

#include <atomic>

namespace weft::detail {

class injection {
public:
    void push(fiber_control& f) noexcept {
        spin_guard guard(lock_);
        fibers_.push(f);
        size_.store(fibers_.size(), std::memory_order_release);
    }
    void push_all(ready_list& list) noexcept {
        spin_guard guard(lock_);
        while (fiber_control* f = list.pop()) fibers_.push(*f);
        size_.store(fibers_.size(), std::memory_order_release);
    }
    fiber_control* pop() noexcept {
        if (empty()) return nullptr;
        spin_guard guard(lock_);
        fiber_control* f = fibers_.pop();
        size_.store(fibers_.size(), std::memory_order_release);
        return f;
    }
    /// Without the lock: exact for whoever has fenced against the pushers.
    bool empty() const noexcept { return size_.load(std::memory_order_acquire) == 0; }

private:
    spin_lock lock_;
    ready_list fibers_ WEFT_GUARDED_BY(lock_);
    atomic<std::size_t> size_{0};  // written under the lock
};

}  // namespace weft::detail
