#pragma once
// New fibers from threads that are no workers of the runtime. Many producers that may throw: what moodycamel's queue is
// good at. It is not first in, first out across producers; the start order of fibers is unspecified anyway.

#include <weft/detail/atomic.hpp>
#include <weft/detail/fiber_control.hpp>

#if __has_include(<concurrentqueue/moodycamel/concurrentqueue.h>)
#include <concurrentqueue/moodycamel/concurrentqueue.h>
#else
#include <concurrentqueue/concurrentqueue.h>
#endif

#include <atomic>
#include <cstddef>
#include <new>

#if WEFT_TSAN
#include <sanitizer/tsan_interface.h>
// Part of TSan's runtime; gcc's header does not declare them.
extern "C" {
void __tsan_ignore_thread_begin();
void __tsan_ignore_thread_end();
}
#endif

namespace weft::detail {

class submission_queue {
public:
    /// Errors: `std::bad_alloc`; nothing was queued.
    void push(fiber_control& f) {
#if WEFT_TSAN
        __tsan_release(&f);
#endif
        bool queued = false;
        {
            unseen_by_tsan const inside;
            queued = queue_.enqueue(&f);
        }
        if (!queued) throw std::bad_alloc();
        waiting_.fetch_add(1, std::memory_order_release);
    }
    fiber_control* pop() noexcept {
        if (empty()) return nullptr;
        fiber_control* f = nullptr;
        {
            unseen_by_tsan const inside;
            if (!queue_.try_dequeue(f)) return nullptr;
        }
        waiting_.fetch_sub(1, std::memory_order_relaxed);
#if WEFT_TSAN
        __tsan_acquire(f);
#endif
        return f;
    }
    /// May lag behind a push that has not returned, and be negative for an instant.
    bool empty() const noexcept { return waiting_.load(std::memory_order_acquire) <= 0; }

private:
    // The queue orders with fences and by counters that only release, before it uses a block again. TSan sees neither,
    // so it looks away inside and is told of the one edge that we rely on: what is pushed happens before it is popped.
    struct unseen_by_tsan {
#if WEFT_TSAN
        unseen_by_tsan() noexcept { __tsan_ignore_thread_begin(); }
        ~unseen_by_tsan() { __tsan_ignore_thread_end(); }
#else
        unseen_by_tsan() noexcept {}
        ~unseen_by_tsan() {}
#endif
        unseen_by_tsan(unseen_by_tsan const&) = delete;
        unseen_by_tsan& operator=(unseen_by_tsan const&) = delete;
    };

    moodycamel::ConcurrentQueue<fiber_control*> queue_;
    atomic<std::ptrdiff_t> waiting_{0};
};

}  // namespace weft::detail
