#pragma once
// A child of fork has one thread: none of the workers, no monitor, and locks that nobody will ever release. Whatever needs them
// stops with a message, instead of waiting for ever.
//
// The handler for the child forgets the thread's worker, so that every call there takes a plain thread's path; those that need a
// runtime look here. The fast paths do not.

#include <atomic>

namespace weft::detail {

/// Set in a child that was forked while a runtime lived; for good.
extern std::atomic<bool> forked_beside_runtimes;

[[noreturn]] void die_after_fork() noexcept;

inline void refuse_after_fork() noexcept {
    if (forked_beside_runtimes.load(std::memory_order_relaxed)) [[unlikely]]
        die_after_fork();
}

/// Once per process. Errors: `std::bad_alloc`.
void watch_for_forks();

}  // namespace weft::detail
