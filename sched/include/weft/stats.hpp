#pragma once
#include <cstddef>
#include <cstdint>

namespace weft {

/// What a runtime did since it was made, summed over its workers. A snapshot: the counters go on while it is taken.
struct runtime_stats {
    std::size_t workers = 0;           ///< threads that run fibers
    std::size_t spare_workers = 0;     ///< further ones, started while others were blocked in foreign code
    std::size_t live_fibers = 0;       ///< started and not ended
    std::uint64_t spawned = 0;         ///< fibers started
    std::uint64_t dispatches = 0;      ///< times a worker chose a fiber to run
    std::uint64_t parks = 0;           ///< times a fiber waited
    std::uint64_t yields = 0;          ///< times a fiber let others run, also because its slice was used up
    std::uint64_t steals = 0;          ///< times a worker took fibers from another
    std::uint64_t wakeups = 0;         ///< times a sleeping worker was woken
    std::uint64_t polls = 0;           ///< times a worker asked its poller
    std::uint64_t timers_fired = 0;    ///< deadlines that passed
    std::size_t timers_armed = 0;      ///< deadlines being waited for
    std::size_t blocking_threads = 0;  ///< threads of `blocking`, idle ones included
};

}  // namespace weft
