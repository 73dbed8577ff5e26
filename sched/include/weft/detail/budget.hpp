#pragma once

namespace weft::detail {

/// Charges the running fiber for 64 operations that did not park, and lets others run once its slice is used up: a
/// fiber that never blocks cannot starve the rest. Call it with no lock held; it may switch, but never throws and is no
/// point of cancellation.
void charge_budget() noexcept;

}  // namespace weft::detail
