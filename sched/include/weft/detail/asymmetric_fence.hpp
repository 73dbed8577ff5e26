#pragma once
// A pair of fences for two sides of which one acts all the time and the other nearly never.
//
//     light side:  store a; light_fence(); load b          heavy side:  store b; heavy_fence(); load a
//
// At least one of the two sees the other's store, as with two full fences. But the light one is no instruction at all: the
// heavy one makes every thread of the process pass a full fence, by the membarrier system call, for some 10 µs. Where the
// kernel does not offer that, both are full fences.
//
// Source: membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED; folly's asymmetric_thread_fence; P1202.
#include <weft/detail/atomic.hpp>
#include <weft/detail/config.hpp>

#include <atomic>

namespace weft::detail {

/// Whether the kernel does the light side's part. Settled before main; false until then.
extern bool const fences_are_asymmetric;

inline void light_fence() noexcept {
    // TSan sees neither the fence nor what membarrier does; there, as in full_fence, a locked instruction stands for both.
    if (WEFT_TSAN || !fences_are_asymmetric) [[unlikely]]
        full_fence();
    else
        std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// The light side, of what is done only where the fences are asymmetric.
inline void light_fence_where_asymmetric() noexcept {
    if (WEFT_TSAN)
        full_fence();
    else
        std::atomic_signal_fence(std::memory_order_seq_cst);
}

void heavy_fence() noexcept;

}  // namespace weft::detail
