#pragma once
// New fibers from threads that are no workers of the runtime. Many producers that may throw: what moodycamel's queue is
// good at. It is not first in, first out across producers; the start order of fibers is unspecified anyway.

#include <weft/detail/fiber_control.hpp>

#if __has_include(<concurrentqueue/moodycamel/concurrentqueue.h>)
#include <concurrentqueue/moodycamel/concurrentqueue.h>
#else
#include <concurrentqueue/concurrentqueue.h>
#endif

#include <atomic>
#include <cstddef>

#if WEFT_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace weft::detail {

class submission_queue {
public:
    /// Errors: `std::bad_alloc`; nothing was queued.
    void push(fiber_control& f) {
#if WEFT_TSAN
        __tsan_release(&f);  // the queue orders with fences, which TSan does not see
#endif
        if (!queue_.enqueue(&f)) throw std::bad_alloc();
        waiting_.fetch_add(1, std::memory_order_release);
    }
    fiber_control* pop() noexcept {
        fiber_control* f = nullptr;
        if (empty() || !queue_.try_dequeue(f)) return nullptr;
        waiting_.fetch_sub(1, std::memory_order_relaxed);
#if WEFT_TSAN
        __tsan_acquire(f);
#endif
        return f;
    }
    /// May lag behind a push that has not returned, and be negative for an instant.
    bool empty() const noexcept { return waiting_.load(std::memory_order_acquire) <= 0; }

private:
    moodycamel::ConcurrentQueue<fiber_control*> queue_;
    std::atomic<std::ptrdiff_t> waiting_{0};
};

}  // namespace weft::detail
