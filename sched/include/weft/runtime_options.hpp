#pragma once
#include <weft/detail/poller_kind.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace weft {

struct stuck_report;

/// What to do when nothing in the process can ever run again.
enum class deadlock_action {
    exit,   ///< report and exit with status 2; only a warning while the process has threads of others
    warn,   ///< report once and go on waiting
    ignore  ///< go on waiting
};

/// What to do with fibers that have not ended `shutdown_grace` after they were cancelled.
enum class straggler_action {
    abort,  ///< name them and end the process
    leak    ///< name them and abandon them with the threads they run on
};

/// What SIGQUIT (Ctrl-\\ at a terminal) does. A handler that was there before weft's is called in any case.
enum class sigquit_action {
    print,  ///< print all fibers of the process, and go on
    quit,   ///< print them, then do what SIGQUIT did before: unless there was a handler, end the process, as Go does
    ignore  ///< leave the signal alone
};

/// How a runtime is built. Each field can be overridden by an environment variable, named beside it.
struct runtime_options {
    /// Threads that run fibers. 0: the CPUs this process may use (affinity and cgroup quota). WEFT_WORKERS
    unsigned workers = 0;
    /// Bytes reserved per fiber stack, committed as touched. WEFT_STACK_BYTES
    std::size_t stack_bytes = 256 * 1024;
    /// Fibers alive at a time; starting one more throws `std::system_error` (`resource_unavailable_try_again`). 0: no
    /// limit but memory. WEFT_MAX_FIBERS
    std::size_t max_fibers = 0;
    /// Most threads for `blocking`; they are started as needed. 0 is taken for 1. WEFT_BLOCKING_THREADS
    unsigned blocking_threads = 256;
    /// What workers wait in. WEFT_POLLER: automatic, epoll
    poller_kind poller = poller_kind::automatic;
    /// How long the end of `run` waits for cancelled fibers to unwind. WEFT_SHUTDOWN_GRACE, in milliseconds
    std::chrono::milliseconds shutdown_grace{5000};
    /// WEFT_STRAGGLERS: abort, leak
    straggler_action stragglers = straggler_action::abort;
    /// WEFT_ON_DEADLOCK: exit, warn, ignore
    deadlock_action on_deadlock = deadlock_action::exit;
    /// Seeds select's choices and stealing. 0: from the system. WEFT_SEED
    std::uint64_t seed = 0;
    /// Most threads that stand in for workers whose fiber called something that blocks the thread; started as needed, and
    /// idle once the call is over. 0: such a call stops its worker. WEFT_SPARE_WORKERS
    unsigned spare_workers = 64;
    /// Called by a thread of the runtime when a fiber has kept its worker for longer than 10 ms, once per stay. It must
    /// not wait for fibers. Null: nothing is said. WEFT_ON_STUCK: ignore, print (`print_stuck`)
    void (*on_stuck)(stuck_report const& report) = nullptr;
    /// What SIGQUIT does. A process has one handler: the first runtime that wants one installs it, for good, and its choice
    /// holds. While no runtime lives the signal does what it did before; where it was ignored, it stays so.
    /// WEFT_ON_SIGQUIT: print, quit, ignore
    sigquit_action on_sigquit = sigquit_action::print;
    /// A worker whose last event came within this time stays awake as long for the next one, before it sleeps: an answer that
    /// comes soon then finds it awake, which takes less time, and less of the processor, than waking it. 0: sleep at once.
    /// WEFT_IDLE_SPIN, in microseconds
    std::chrono::microseconds idle_spin{50};

    /// The defaults.
    static runtime_options balanced();
    /// For computing: fibers with deep stacks, few of them.
    static runtime_options throughput();
    /// For short reactions: one worker per CPU even where a quota allows less.
    static runtime_options low_latency();
    /// For many connections: small stacks, many threads for blocking calls.
    static runtime_options io_heavy();
    /// For fibers by the hundred thousand: the smallest stacks that run ordinary code, few threads.
    static runtime_options small_memory();
};

}  // namespace weft
