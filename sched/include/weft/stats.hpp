#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft {

/// What one worker did since it was started.
struct worker_stats {
    std::uint64_t dispatches = 0;     ///< times it chose a fiber to run and switched to it
    std::uint64_t spawned = 0;        ///< fibers started by fibers that it ran
    std::uint64_t parks = 0;          ///< times a fiber waited
    std::uint64_t yields = 0;         ///< times a fiber let others run, for whatever reason
    std::uint64_t budget_yields = 0;  ///< of those, because its slice was used up
    std::uint64_t steals = 0;         ///< times it took fibers from another
    std::uint64_t wakeups = 0;        ///< times somebody woke it from its sleep
    std::uint64_t polls = 0;          ///< times it asked its poller, sleeping in it included
    std::uint64_t timers_fired = 0;   ///< deadlines that passed and that it served
    std::size_t timers_armed = 0;     ///< deadlines being waited for on it
};

/// What a runtime did since it was made: the sums over its workers, and each worker for itself. A snapshot: the counters
/// go on while it is taken. They cost a plain store each, so they are always on.
struct runtime_stats : worker_stats {
    std::size_t workers = 0;               ///< threads that run fibers
    std::size_t spare_workers = 0;         ///< further ones, started while others were blocked in foreign code
    std::size_t live_fibers = 0;           ///< started and not ended
    std::size_t blocking_threads = 0;      ///< threads of `blocking`, idle ones included
    std::size_t stacks_live = 0;           ///< of the process: under a fiber, or in a worker's private stock
    std::size_t stacks_idle = 0;           ///< of the process: in the shared stock and still holding memory
    std::size_t stacks_cold = 0;           ///< of the process: cut but holding no memory, untouched or given back
    std::vector<worker_stats> per_worker;  ///< regular workers first; `spawned` by other threads is in the sum only
};

}  // namespace weft
