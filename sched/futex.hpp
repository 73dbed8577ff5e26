#pragma once
// Linux's futex, on a 32-bit word.

#include <weft/clock.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

/// Sleeps while `*word == expected`, until `futex_wake`, the deadline, or for no reason.
void futex_wait(std::uint32_t const* word, std::uint32_t expected, clock::time_point deadline) noexcept;
/// Wakes one sleeper. Touches the word's address only, not its memory.
void futex_wake(std::uint32_t const* word) noexcept;

}  // namespace weft::detail
