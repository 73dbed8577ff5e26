#pragma once
#include <weft/detail/config.hpp>

#include <pthread.h>
#include <cstddef>
#include <span>

namespace weft::detail {

/// TSan holds signals back until the thread enters the kernel, and then runs their handlers somewhere else.
inline constexpr bool stacks_can_be_captured = !WEFT_TSAN;

/// The return addresses of what `thread` is executing, innermost first. Returns how many; 0 if the thread does not answer
/// within a moment.
///
/// The thread is interrupted by SIGURG, whose default is to be ignored. A system call that it waits in goes on (SA_RESTART),
/// apart from sleeps, which the kernel ends early with EINTR.
/// Thread safety: any thread; one capture at a time, others wait. `thread` must not have been joined.
std::size_t capture_stack(pthread_t thread, std::span<void*> into) noexcept;

}  // namespace weft::detail
