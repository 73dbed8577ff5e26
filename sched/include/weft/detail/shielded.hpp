#pragma once

namespace weft::detail {

/// Whether the caller's waits ignore cancellation: inside a shield, and while an exception is in flight.
bool is_shielded() noexcept;

}  // namespace weft::detail
