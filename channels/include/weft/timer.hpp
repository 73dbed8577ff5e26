#pragma once
#include <weft/chan.hpp>
#include <weft/clock.hpp>

namespace weft {

/// A channel that has one value, once `d` has passed: the time at which it was due.
///
/// Never early; at once if `d` is not positive; never if `d` is longer than the clock can count. Size and capacity are 0. Nobody
/// needs to receive it: a channel that is forgotten costs nothing. Works on plain threads, also without any runtime.
/// Source: https://pkg.go.dev/time#After
recv_chan<clock::time_point> after(clock::duration d);

/// A single event in the future, which can be stopped and set again.
///
/// Its channel has one value once the time has come: the time at which it was due. If several receive, one of them gets it. It
/// is not there any more as soon as `stop` or `reset` has returned, whatever the time. Destroying the timer stops it; whoever
/// still receives from the channel then waits for ever. Nothing runs when a timer is due, so one that nobody waits for costs
/// nothing.
///
/// Thread safety: any member, and its channel, from any fiber or thread, also without any runtime.
/// Source: https://pkg.go.dev/time#Timer, since Go 1.23
class timer {
public:
    /// Runs for `d`: it is due at once if that is not positive, and never if it is longer than the clock can count.
    explicit timer(clock::duration d);
    ~timer();
    timer(timer const&) = delete;
    timer& operator=(timer const&) = delete;

    /// Size and capacity are 0; it is never closed.
    recv_chan<clock::time_point> const& channel() const noexcept { return channel_; }
    /// True: the timer was running, and nobody has received its value. Nobody will.
    bool stop();
    /// Runs for `d` from now. The result is as `stop`'s.
    bool reset(clock::duration d);

private:
    recv_chan<clock::time_point> channel_;
};

}  // namespace weft
