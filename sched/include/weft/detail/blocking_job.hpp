#pragma once
#include <weft/detail/waiter.hpp>

namespace weft::detail {

/// A call that runs on a thread of its own while the fiber whose frame holds it is parked.
struct blocking_job {
    void (*call)(void* argument) noexcept = nullptr;
    void* argument = nullptr;

    // The pool's, under its lock.
    blocking_job* next = nullptr;
    wait_token sleeper;
    wait_tag tag = 0;
    enum { queued, running, done } state = queued;
};

/// Runs `call(argument)` on a helper thread and parks the calling fiber until it is done; on a plain thread, calls it
/// directly.
/// Errors: `cancelled`, only as long as the call has not started; `std::system_error` if there is no thread for it.
void run_blocking(void (*call)(void* argument) noexcept, void* argument);

}  // namespace weft::detail
