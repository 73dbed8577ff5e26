#pragma once
#include <weft/detail/config.hpp>

#include <cstdint>

namespace weft::detail {

/// Tells the threads that run at the same time apart: even, and not zero. The next thread may get that of one that has ended.
using thread_mark = std::uintptr_t;

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

/// The calling thread's: its thread pointer. Read anew each time, for a fiber may have changed threads; compilers keep the
/// addresses of thread-local variables across calls, and must not keep this.
/// Source: https://www.akkadia.org/drepper/tls.pdf (on x86-64 the thread pointer points to itself)
WEFT_INLINE thread_mark this_thread_mark() noexcept {
    thread_mark mark;
#if defined(__x86_64__)
    asm volatile("movq %%fs:0, %0" : "=r"(mark) : : "memory");
#else
    asm volatile("mrs %0, tpidr_el0" : "=r"(mark) : : "memory");
#endif
    return mark;
}

#else

thread_mark this_thread_mark() noexcept;

#endif

}  // namespace weft::detail
