#pragma once
// What a test or a person at a debugger asks: who is alive, and what is everybody waiting for.

#include <cstddef>

namespace weft::detail {

/// Fibers of all runtimes that have started and not ended.
std::size_t live_fibers() noexcept;

/// Of those, the ones that are asleep: parked, and not woken yet.
std::size_t parked_fibers() noexcept;

/// Deadlines that are armed in all runtimes.
std::size_t live_timers() noexcept;

/// Workers of all runtimes that have found nothing to do, and sleep or are about to.
std::size_t sleeping_workers() noexcept;

/// Writes a line per live fiber to the descriptor `to`: name, what it waits for and since when, where it was started.
/// Fibers go on running meanwhile. Returns how many.
std::size_t dump_fibers(int to) noexcept;

}  // namespace weft::detail
