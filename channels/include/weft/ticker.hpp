#pragma once
#include <weft/chan.hpp>
#include <weft/clock.hpp>

namespace weft {

/// An event that repeats.
///
/// Its channel has a value each `period`: the time at which that was due. At most one is kept: ticks that nobody has received
/// by the time of the next are dropped, and those that follow come at the same pace as before. Stopping does not close the
/// channel: whoever receives from it then waits for ever. Destroying the ticker stops it. Nothing runs when it ticks, so one
/// that nobody waits for costs nothing.
///
/// Thread safety: any member, and its channel, from any fiber or thread, also without any runtime.
/// Source: https://pkg.go.dev/time#Ticker, since Go 1.23
class ticker {
public:
    /// The first tick is due after one period.
    /// Errors: `std::invalid_argument` if `period` is not positive.
    explicit ticker(clock::duration period);
    ~ticker();
    ticker(ticker const&) = delete;
    ticker& operator=(ticker const&) = delete;

    /// Size and capacity are 0; it is never closed.
    recv_chan<clock::time_point> const& channel() const noexcept { return channel_; }
    /// No tick can be received once this has returned.
    void stop();
    /// Ticks each `period` from now on, also if it was stopped. Earlier ticks cannot be received any more.
    /// Errors: `std::invalid_argument` if `period` is not positive.
    void reset(clock::duration period);

private:
    recv_chan<clock::time_point> channel_;
};

}  // namespace weft
