#include "signal_actions.hpp"

#include <semaphore.h>
#include <cerrno>
#include <stdexcept>
#include <string>

namespace weft::detail {

namespace {

// Never destroyed: the handler may come at any time.
sem_t& bell() noexcept {
    static sem_t* const forever = [] {
        static sem_t made;
        ::sem_init(&made, 0, 0);
        return &made;
    }();
    return *forever;
}

[[noreturn]] void refuse(int signal, char const* why) {
    throw std::invalid_argument("weft::signals: signal " + std::to_string(signal) + why);
}

bool is_function(struct sigaction const& a) noexcept {
    if ((a.sa_flags & SA_SIGINFO) != 0) return a.sa_sigaction != nullptr;
    return a.sa_handler != SIG_DFL && a.sa_handler != SIG_IGN;
}

}  // namespace

signal_actions& signal_actions::instance() noexcept {
    static auto* forever = new signal_actions;
    return *forever;
}

void signal_actions::check(int signal) {
    if (signal <= 0 || signal >= signal_limit) refuse(signal, " does not exist");
    if (signal > SIGSYS && signal < SIGRTMIN) refuse(signal, " belongs to the C library");
    switch (signal) {
    case SIGKILL:
    case SIGSTOP: refuse(signal, " (SIGKILL, SIGSTOP) cannot be caught or ignored by any program");
    case SIGABRT: refuse(signal, " (SIGABRT) ends the program whatever is done about it");
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
        refuse(signal,
               " reports a fault of the instruction that was running, which could only be run again: it cannot be "
               "passed on; install a handler with sigaction to look at it");
    default: break;
    }
}

// Nothing but atomics and sem_post: both may be used in a handler.
void signal_actions::handle(int signal, siginfo_t* info, void* context) noexcept {
    int const error = errno;
    action& a = instance().at(signal);
    if (a.is_wanted.load(std::memory_order_acquire) && !a.came.exchange(true, std::memory_order_acq_rel)) ring();
    if (long_handler const next = a.calls_long.load(std::memory_order_acquire); next != nullptr)
        next(signal, info, context);
    if (short_handler const next = a.calls_short.load(std::memory_order_acquire); next != nullptr) next(signal);
    errno = error;
}

bool signal_actions::is_ours(struct sigaction const& a) noexcept {
    return (a.sa_flags & SA_SIGINFO) != 0 && a.sa_sigaction == &signal_actions::handle;
}

void signal_actions::remember(action& a, struct sigaction const& before) noexcept {
    if (is_ours(before)) return;  // it came to light again: what it replaced is known
    a.before = before;
    bool const is_long = (before.sa_flags & SA_SIGINFO) != 0;
    bool const calls = is_function(before) && !a.buried;
    a.calls_long.store(calls && is_long ? before.sa_sigaction : nullptr, std::memory_order_release);
    a.calls_short.store(calls && !is_long ? before.sa_handler : nullptr, std::memory_order_release);
}

void signal_actions::set(int signal, struct sigaction const& wanted) {
    action& a = at(signal);
    struct sigaction before {};
    if (a.state == action::untouched) {
        if (::sigaction(signal, nullptr, &before) != 0) refuse(signal, " belongs to the C library");
        remember(a, before);
    }
    if (::sigaction(signal, &wanted, nullptr) != 0) refuse(signal, " belongs to the C library");
}

void signal_actions::catch_signal(int signal) {
    bell();
    struct sigaction wanted {};
    wanted.sa_sigaction = &signal_actions::handle;
    wanted.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigemptyset(&wanted.sa_mask);
    static_cast<void>(take(signal));  // by a handler that was still under way when nobody wanted it any more
    // First: one that comes as soon as there is a handler is noted.
    at(signal).is_wanted.store(true, std::memory_order_release);
    try {
        set(signal, wanted);
    } catch (...) {
        at(signal).is_wanted.store(false, std::memory_order_release);
        throw;
    }
    at(signal).state = action::caught;
}

void signal_actions::ignore(int signal) {
    struct sigaction wanted {};
    wanted.sa_handler = SIG_IGN;
    if (at(signal).state == action::caught && !is_as_we_left_it(signal)) bury(signal);  // and know what lies over it
    set(signal, wanted);
    at(signal).state = action::ignored;
    at(signal).is_wanted.store(false, std::memory_order_release);
}

void signal_actions::restore(int signal) noexcept {
    action& a = at(signal);
    if (a.state == action::untouched) return;
    if (!is_as_we_left_it(signal)) return bury(signal);
    ::sigaction(signal, &a.before, nullptr);
    a.is_wanted.store(false, std::memory_order_release);
    a.state = action::untouched;
}

bool signal_actions::is_as_we_left_it(int signal) const noexcept {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    if (at(signal).state == action::caught) return is_ours(now);
    return (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
}

void signal_actions::bury(int signal) noexcept {
    at(signal).buried = true;
    at(signal).is_wanted.store(false, std::memory_order_release);
    at(signal).state = action::untouched;
}

bool signal_actions::take(int signal) noexcept { return at(signal).came.exchange(false, std::memory_order_acq_rel); }

void signal_actions::wait_for_bell() noexcept {
    while (::sem_wait(&bell()) != 0) {}
}

void signal_actions::ring() noexcept { ::sem_post(&bell()); }

}  // namespace weft::detail
