#pragma once
// What the kernel says about another thread of this process.

#include <pthread.h>
#include <sys/types.h>
#include <chrono>

namespace weft::detail {

/// Processor time the thread has used. It must not have been joined.
std::chrono::nanoseconds cpu_time(pthread_t thread) noexcept;

/// Whether it waits in the kernel, rather than running or being ready to. False also if that cannot be found out.
/// Source: proc_pid_stat(5)
bool sleeps_in_kernel(pid_t thread_id) noexcept;

}  // namespace weft::detail
