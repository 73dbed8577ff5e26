#pragma once
// What the compiler offers: sanitizers in use, attributes, clang's thread-safety analysis.

#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define WEFT_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WEFT_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define WEFT_TSAN 1
#endif
#ifndef WEFT_ASAN
#define WEFT_ASAN 0
#endif
#ifndef WEFT_TSAN
#define WEFT_TSAN 0
#endif

// In a build with forced migration a fiber that parks always resumes on another worker, if there is one.
#ifndef WEFT_FORCE_MIGRATION
#define WEFT_FORCE_MIGRATION 0
#endif

// For functions that are entered on one stack and left on another, or never left: TSan must not book their entry.
#define WEFT_NOT_IN_TSAN __attribute__((no_sanitize("thread")))

#define WEFT_NOINLINE [[gnu::noinline]]
#define WEFT_INLINE [[gnu::always_inline]] inline

#if defined(__clang__)
#define WEFT_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define WEFT_THREAD_ANNOTATION(x)
#endif
#define WEFT_CAPABILITY(name) WEFT_THREAD_ANNOTATION(capability(name))
#define WEFT_SCOPED_CAPABILITY WEFT_THREAD_ANNOTATION(scoped_lockable)
#define WEFT_GUARDED_BY(lock) WEFT_THREAD_ANNOTATION(guarded_by(lock))
#define WEFT_REQUIRES(...) WEFT_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define WEFT_ACQUIRE(...) WEFT_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define WEFT_TRY_ACQUIRE(...) WEFT_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define WEFT_RELEASE(...) WEFT_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define WEFT_NO_THREAD_SAFETY_ANALYSIS WEFT_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace weft::detail {

/// Bytes between two objects that different threads write, so that they do not share a cache line.
inline constexpr unsigned cache_line_bytes = 64;

/// An address on the stack that this runs on: it tells who ran, for the price of reading a register.
inline std::uintptr_t stack_position() noexcept {
    std::uintptr_t position;
#if defined(__x86_64__)
    asm("mov %%rsp, %0" : "=r"(position));
#elif defined(__aarch64__)
    asm("mov %0, sp" : "=r"(position));
#else
    position = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
#endif
    return position;
}

}  // namespace weft::detail
