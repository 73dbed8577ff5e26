#pragma once
// What select can wait for besides channels: a deadline, the end of a fiber, a socket, a timer's channel.
//
// Channels are not among them: select locks all its channels together, in address order, so that it acts at one
// instant.

#include <weft/clock.hpp>
#include <weft/detail/waiter.hpp>

namespace weft::detail {

class select_source {
public:
    virtual ~select_source() = default;

    /// True if the event has happened. Does not wait and does not consume it.
    virtual bool is_ready() = 0;
    /// Registers the wait: when the event happens, whoever makes it happen wakes `sleeper` with `tag`. True if it has
    /// happened already; then nothing is registered.
    virtual bool arm(wait_token sleeper, wait_tag tag) = 0;
    /// Undoes `arm`; on return nobody remembers the wait. Called once for each `arm` that returned false, whoever won.
    virtual void disarm() noexcept = 0;

    // What only one of several selects may have has to be taken as well.

    /// `is_ready`, and takes it for the caller.
    virtual bool try_take() { return is_ready(); }
    /// By a select that it woke, after `disarm`. False: there is nothing to have (any more), and the select looks again.
    virtual bool confirm() { return true; }
    /// When it happens by itself, with nobody to wake the select. Asked after `arm`, which promises to wake it if that changes
    /// for the earlier.
    virtual clock::time_point due() const noexcept { return clock::time_point::max(); }

    /// Whether only a fiber can make it happen: then waiting for it can be part of a deadlock.
    virtual bool by_fibers() const noexcept { return false; }
};

}  // namespace weft::detail
