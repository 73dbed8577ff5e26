#pragma once
#include <weft/chan.hpp>
#include <weft/context.hpp>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

/// Signals of the system, as values in channels and as the end of a context.
///
/// A signal that somebody here wants does not do what it did before: it is passed on by a thread of weft's own, which exists
/// as long as there are wishes, of however many runtimes or of none. When the last wish for a signal ends, what was done
/// about it before is restored; a handler of somebody else's that was there first is called in any case. A program that can
/// still get a signal is not deadlocked: while there are wishes no deadlock is reported.
///
/// Those that report a fault of the running instruction (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS), SIGABRT, and those
/// that no program can catch (SIGKILL, SIGSTOP) are refused. SIGQUIT, once it is wanted here, prints no list of fibers.
///
/// Thread safety: any function, from any fiber or thread at any time; not from a signal handler.
/// Errors: `std::invalid_argument` for a number that is no signal or is refused, and then nothing has changed;
/// `std::system_error` if there is no thread.
/// Source: https://pkg.go.dev/os/signal
namespace weft::signals {

/// From now on sends the number of each of these signals to `to` when it comes, besides what `to` gets already. Nobody waits for
/// a receiver: what does not fit is lost, so give the channel room for one signal at least. Signals of one number that come
/// faster than they are passed on count as one, as they do for the system. Several channels may want
/// the same signal; each gets it.
/// Errors: `std::invalid_argument` also for a nil channel, and for no signals at all.
void notify(send_chan<int> const& to, std::initializer_list<int> which);
/// The same.
void notify(send_chan<int> const& to, std::span<int const> which);

/// Sends no more signals to `to`: those that came before are there when this returns, no others will be.
void stop(send_chan<int> const& to) noexcept;

/// Has the system ignore these signals; whoever wanted them gets them no more. Programs that this one starts ignore them, too,
/// but for a `weft::process` only SIGHUP, SIGINT and SIGQUIT.
void ignore(std::initializer_list<int> which);
/// The same.
void ignore(std::span<int const> which);

/// Undoes `notify`, `cancel_on` and `ignore` for these signals.
void reset(std::initializer_list<int> which);
/// The same.
void reset(std::span<int const> which);
/// Undoes them for all signals.
void reset() noexcept;

/// Whether the signal is ignored, by `ignore` or from before.
bool is_ignored(int signal);

/// The cause of a context that a signal has ended.
class interrupted : public std::runtime_error {
public:
    /// By this signal.
    explicit interrupted(int signal) : std::runtime_error("signal " + std::to_string(signal)), signal_(signal) {}
    /// The number of the signal.
    int signal() const noexcept { return signal_; }

private:
    int signal_;
};

struct cancellation;
cancellation cancel_on(context const& parent, std::initializer_list<int> which);

/// Ends what `cancel_on` began. Move-only; does so when it is destroyed.
class stop_function {
public:
    /// The other does nothing any more.
    stop_function(stop_function&& other) noexcept
        : id_(std::exchange(other.id_, 0)), cancel_(std::move(other.cancel_)) {}
    stop_function(stop_function const&) = delete;
    ~stop_function() { (*this)(); }

    /// The signals do again what they did before, and the context is cancelled. Calling it again does nothing.
    void operator()() const noexcept;

private:
    friend cancellation cancel_on(context const& parent, std::span<int const> which);
    stop_function(std::uint64_t id, cancel_function cancel) noexcept : id_(id), cancel_(std::move(cancel)) {}

    std::uint64_t id_;
    cancel_function cancel_;
};

/// A context that signals end, and what undoes it: `auto const [ctx, stop] = signals::cancel_on({}, {SIGINT, SIGTERM});`
struct cancellation {
    context ctx;         ///< the child
    stop_function stop;  ///< ends the wish for the signals, and the context
};

/// A context that is cancelled with `parent`, or by the first of these signals to come: its `cause` is an `interrupted` then.
/// Until `stop` further signals change nothing: call it as soon as the context has ended to let a second Ctrl-C end the
/// program at once.
/// Errors: `std::invalid_argument` also for no signals at all; `std::bad_alloc`.
/// Source: https://pkg.go.dev/os/signal#NotifyContext
[[nodiscard]] cancellation cancel_on(context const& parent, std::initializer_list<int> which);
/// The same.
[[nodiscard]] cancellation cancel_on(context const& parent, std::span<int const> which);

}  // namespace weft::signals
