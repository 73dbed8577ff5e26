#include <weft/detail/biased_lock.hpp>

namespace weft::detail {

#if !defined(__linux__) || !(defined(__x86_64__) || defined(__aarch64__))
WEFT_NOINLINE thread_mark this_thread_mark() noexcept {
    asm volatile("" ::: "memory");
    thread_local std::uint16_t anything;
    return reinterpret_cast<thread_mark>(&anything);
}
#endif

// By whoever has taken shared_ and finds a name in grant_.
void biased_lock::end_grant() noexcept {
    thread_mark const named = grant_.load(std::memory_order_relaxed);
    if (is_named(this_thread_mark())) {
        grant_.store(nobody, std::memory_order_relaxed);
        return;
    }
    if ((named & revoked) != 0) return;
    grant_.store(named | revoked, std::memory_order_relaxed);
    heavy_fence();  // pairs with the light one in enter
    // Acquire: pairs with the owner's release.
    for (patience waits; inside_.load(std::memory_order_acquire);) waits.wait();
}

// Does this thread have the lock to itself?
void biased_lock::review() noexcept {
    thread_mark const me = this_thread_mark();
    if (grant_.load(std::memory_order_relaxed) != nobody) return;  // granted to it, or its last owner has not come back
    constexpr unsigned low_zeros = 4;                              // thread pointers are aligned
    auto const shortened = static_cast<std::uint16_t>(me >> low_zeros ^ me >> 20);
    if (shortened != candidate_) {
        candidate_ = shortened;
        reviews_ = 0;
    } else if (++reviews_ == reviews_per_grant) {
        reviews_ = 0;
        if (fences_are_asymmetric) grant_.store(me, std::memory_order_relaxed);
    }
}

}  // namespace weft::detail
