// Ctrl-C as a value on a channel.
#pragma once
#include <csignal>
#include <thread>
#include <weft/weft.hpp>

namespace weftsum {

/// Turns the first SIGINT or SIGTERM into a value on a channel.
///
/// A signal handler may do next to nothing, so there is none: the signals are blocked in every thread, and one thread waits
/// for them. It is no fiber, but channels serve threads as well. If the program does not end within a short time after the
/// first signal, or a second one comes, the thread ends it, whatever a disk or a pipe keeps it waiting for.
class interrupt {
public:
    /// To be made before any other thread, because threads inherit which signals are blocked.
    interrupt();
    ~interrupt();
    interrupt(interrupt const&) = delete;
    interrupt& operator=(interrupt const&) = delete;

    /// Delivers the number of the signal.
    weft::recv_chan<int> channel() const { return signals_; }

private:
    void watch() const;

    weft::chan<int> signals_ = weft::make_chan<int>(1);
    sigset_t watched_{};
    std::thread watcher_;
};

}  // namespace weftsum
