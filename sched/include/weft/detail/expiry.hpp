#pragma once
// The timer of a context's deadline.
//
// What the timer wakes is not a sleeper but an `expiry`, a waiter that cancels a node when it is made ready. Like all
// waiters it is never given back to the system, and a token of it never dangles: the timer, and whoever withdraws it,
// settle by a claim which of them the node's memory is left to.
//
//     arm         begins a wait, which counts as parked; holds the node's memory; the timer gets the token
//     fires       claims, delivers: the node is cancelled, its memory released, the expiry recycled
//     withdraw    claims, if it comes first: releases the memory, recycles, and stops the timer

#include <weft/clock.hpp>
#include <weft/detail/timer_handle.hpp>

#include <cstdint>

namespace weft::detail {

class cancel_node;
class expiry;

/// An armed deadline. Constant; may be withdrawn by several and at any time.
struct expiry_handle {
    expiry* armed = nullptr;
    std::uint64_t generation = 0;
    timer_handle timer;
};

/// Cancels `node` once `deadline` has passed, unless withdrawn. By the calling fiber's worker; on a plain thread, by a
/// thread that lives as long as there are such deadlines. When the fiber's runtime ends before, the node is cancelled then.
/// Errors: `std::bad_alloc`, `std::system_error`.
expiry_handle arm_expiry(cancel_node& node, clock::time_point deadline);

/// It will not fire any more, or has begun to.
void withdraw_expiry(expiry_handle const& armed) noexcept;

}  // namespace weft::detail
