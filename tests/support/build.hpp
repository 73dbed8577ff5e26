// What this build is, and how large a test may be in it.
#pragma once

namespace weft_test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool under_asan = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool under_asan = true;
#else
inline constexpr bool under_asan = false;
#endif
#else
inline constexpr bool under_asan = false;
#endif

#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_tsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = false;
#endif
#else
inline constexpr bool under_tsan = false;
#endif

inline constexpr bool sanitized = under_asan || under_tsan;

#if defined(__OPTIMIZE__)
inline constexpr bool optimised = true;
#else
inline constexpr bool optimised = false;
#endif

/// A fiber always resumes on another worker than it parked on.
#if defined(WEFT_FORCE_MIGRATION) && WEFT_FORCE_MIGRATION
inline constexpr bool forced_migration = true;
#else
inline constexpr bool forced_migration = false;
#endif

/// The size of a test in this build: `release` where code runs at full speed, less where it does not.
template <class Number>
constexpr Number sized(Number release, Number debug, Number sanitizer) {
    if (sanitized) return sanitizer;
    return optimised ? release : debug;
}

/// The sanitizer runtime of g++ 12 dies near 8,100 live fibers; no test keeps more than this many alive under it.
inline constexpr int most_live_fibers = under_tsan ? 5'000 : 1'000'000;

}  // namespace weft_test
