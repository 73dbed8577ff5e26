#pragma once
// Fibers in words, for every report. Only async-signal-safe calls: a stack overflow is described from a signal handler.

#include <weft/detail/fiber_control.hpp>
#include <weft/detail/overflow_report.hpp>
#include <weft/site.hpp>

#include <cstdint>
#include <string_view>

namespace weft::detail {

/// `fiber "name" #7 started at file:line`
void describe_identity(std::uint64_t id, std::string_view name, site where, int to) noexcept;
inline void describe_identity(fiber_control const& f, int to) noexcept {
    describe_identity(f.id, f.name(), f.where, to);
}

/// A whole line: identity, what it waits for, on which object, since when.
void describe_line(fiber_control const& f, int to) noexcept;

}  // namespace weft::detail
