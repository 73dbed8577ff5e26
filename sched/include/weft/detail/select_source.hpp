#pragma once
// What select can wait for besides channels: a deadline, the end of a fiber, a socket.
//
// Channels are not among them: select locks all its channels together, in address order, so that it acts at one
// instant.

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
    /// Whether only a fiber can make it happen: then waiting for it can be part of a deadlock.
    virtual bool by_fibers() const noexcept { return false; }
};

}  // namespace weft::detail
