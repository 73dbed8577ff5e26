#pragma once

namespace weft::detail {

struct fiber_control;

/// Stops the program because of a bug in it: writes `weft: <what>`, the object, and the calling fiber to stderr, then
/// aborts.
[[noreturn]] void fatal(char const* what, void const* object = nullptr) noexcept;

/// The same about another fiber than the caller.
[[noreturn]] void fatal_in(fiber_control const& culprit, char const* what) noexcept;

}  // namespace weft::detail
