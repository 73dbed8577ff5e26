#pragma once
#include <weft/clock.hpp>
#include <weft/fiber.hpp>
#include <weft/site.hpp>

#include <span>
#include <string_view>

namespace weft {

/// A fiber that has kept its worker for longer than 10 ms: it computes without a break, or calls something that blocks
/// the thread. What `runtime_options::on_stuck` is given, once per stay; nothing of it outlives the call.
struct stuck_report {
    fiber_id fiber;                ///< who
    std::string_view name;         ///< its name, perhaps empty
    site where;                    ///< where it was started
    clock::duration since;         ///< for how long, at least
    bool in_kernel;                ///< its thread is blocked in a system call; otherwise it computes
    std::span<void* const> stack;  ///< return addresses, innermost first; empty if they could not be had in time
};

/// Writes the report to standard error, a line for each frame. For `runtime_options::on_stuck`.
/// Thread safety: any thread.
void print_stuck(stuck_report const& report) noexcept;

}  // namespace weft
