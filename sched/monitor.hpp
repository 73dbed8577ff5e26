#pragma once
// A thread that notices what workers cannot: work that waits beside a sleeping worker, and a worker that does not come
// back because its fiber computes without a break or blocks the thread.
//
// It ticks while anything runs, the first time after 1 ms and then every 10; when nothing has run for a while it stops
// until a worker wakes up, so that an idle process uses no CPU. It also gives idle stacks back to the kernel, and prints all
// fibers when SIGQUIT asks for it.

#include "quit_signal.hpp"

#include <weft/clock.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace weft::detail {

class runtime_core;
class worker;

class monitor {
public:
    explicit monitor(runtime_core& rt);
    ~monitor();

    void start();
    /// Ends the thread. May be called again.
    void stop() noexcept;

    /// A worker woke up. Cheap unless the monitor is stopped.
    void notice_activity() noexcept;

private:
    struct observation {
        std::uint64_t dispatches = 0;
        bool had_work = false;
        bool was_awake = false;
        bool reported = false;           // this stay
        std::chrono::nanoseconds cpu{};  // of its thread, if it was awake
        clock::time_point when;
        clock::time_point stays_since;  // no dispatch has been seen since
    };
    void main() noexcept;
    /// True if anything ran or waits to run.
    bool look() noexcept;
    /// What can be seen of a worker now, beside what was seen a tick ago. True: its work has waited too long.
    bool look_at(worker& w, observation& seen) noexcept;
    /// True: that was all about this stay.
    bool report(worker& w, observation const& seen) noexcept;
    bool trim() noexcept;
    void rest(std::uint32_t expected, clock::time_point until) noexcept;
    /// Sleeps until `next`, with a look at all fibers if somebody asks for one. False: the end.
    bool rest_until(clock::time_point next) noexcept;

    runtime_core& runtime_;
    std::vector<observation> seen_;  // by the worker's index
    bool active_ = false;            // this tick: anything ran or waits to run
    bool any_blocked_ = false;       // this tick
    clock::time_point next_trim_;
    monitor_bell& bell_;
    std::thread thread_;
};

}  // namespace weft::detail
