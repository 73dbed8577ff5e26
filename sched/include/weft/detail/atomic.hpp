#pragma once
// What weft's protocols are made of: atomics, the full fence, and the pause of somebody who waits for another thread.
//
// Protocols use these names and not the standard's, so that a model checker can take the place of the hardware:
// tests/model compiles the same sources against a header of this name whose operations it schedules.
#include <weft/detail/config.hpp>

#include <sched.h>
#include <atomic>

namespace weft::detail {

template <class T>
using atomic = std::atomic<T>;

/// Orders every access before it against every access after it, also a store before against a load after.
inline void full_fence() noexcept {
#if WEFT_TSAN
    // TSan knows no fences; a locked instruction is one on the machines it runs on.
    static std::atomic<unsigned> anything{0};
    anything.fetch_add(1, std::memory_order_seq_cst);
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

/// Between two looks at what another thread is about to change.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// The same, when that thread may have been preempted.
inline void yield_thread() noexcept { ::sched_yield(); }

}  // namespace weft::detail
