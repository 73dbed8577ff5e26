#pragma once
#include <sys/types.h>

namespace gating {

/// Keeps one thread of this process from running, until it goes out of scope. One at a time.
///
/// The runtime's monitor acts on the clock: it looks every 10 ms, and workers that it has found busy then look at more
/// of their queues than before. Counts repeat themselves only while it stands still.
class held_thread {
public:
    explicit held_thread(pid_t thread);
    ~held_thread();
    held_thread(held_thread const&) = delete;
};

/// The thread of this process that was started last: of a fresh runtime, its monitor.
pid_t youngest_thread();

}  // namespace gating
