#pragma once
// What the system does about each signal, as far as `weft::signals` has changed it; and the handler.
//
// The handler only notes that the signal has come, and rings the bell: a semaphore that lives for ever, so that it may ring
// whenever a signal comes, also on a thread that was interrupted long after nobody is interested.
//
//     action:  untouched <-> caught, ignored      `before` is what it was when it was untouched
//
// Handlers are put over one another. If on `restore` another one lies over ours, that may call ours, and goes on doing so:
// ours is *buried*. It stays, notes nothing, and calls what it replaced. Put over that other one later, it does not call it:
// the two would call each other without end.
//
// Who touches what: everything but the atomics under the lock of the caller. The handler reads the atomics only.

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>

namespace weft::detail {

inline constexpr int signal_limit = 65;  // one more than the last

class signal_actions {
public:
    static signal_actions& instance() noexcept;

    /// Errors: `std::invalid_argument` if it is no signal, or one that is not for programs to catch.
    static void check(int signal);

    /// From now on notes it. Errors: `std::invalid_argument` if the system refuses.
    void catch_signal(int signal);
    /// Errors: the same.
    void ignore(int signal);
    /// As it was.
    void restore(int signal) noexcept;

    bool is_caught(int signal) const noexcept { return at(signal).state == action::caught; }

    /// Whether it has come since the last time; that is then forgotten. However often: those that come before anybody looks are
    /// one, as they are to the system while they are pending, and the bell rings once. A storm of them keeps nobody busy.
    bool take(int signal) noexcept;

    /// Waits until a signal has come, or somebody has rung. Never a point of cancellation; by a plain thread.
    static void wait_for_bell() noexcept;
    static void ring() noexcept;

private:
    using short_handler = void (*)(int);
    using long_handler = void (*)(int, siginfo_t*, void*);

    struct action {
        enum : std::uint8_t { untouched, caught, ignored };

        decltype(untouched) state = untouched;
        bool buried = false;
        struct sigaction before {};
        // By the handler. Release: pairs with its acquire; what is called is there before it is named.
        std::atomic<bool> is_wanted{false};
        std::atomic<bool> came{false};
        std::atomic<short_handler> calls_short{nullptr};
        std::atomic<long_handler> calls_long{nullptr};
    };

    static void handle(int signal, siginfo_t* info, void* context) noexcept;
    static bool is_ours(struct sigaction const& a) noexcept;
    bool is_as_we_left_it(int signal) const noexcept;
    void bury(int signal) noexcept;
    action& at(int signal) noexcept { return actions_[static_cast<std::size_t>(signal)]; }
    action const& at(int signal) const noexcept { return actions_[static_cast<std::size_t>(signal)]; }
    void remember(action& a, struct sigaction const& before) noexcept;
    void set(int signal, struct sigaction const& wanted);

    std::array<action, signal_limit> actions_;
};

}  // namespace weft::detail
