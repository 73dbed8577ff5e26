#pragma once
// SIGQUIT: a look at all fibers of a running program.
//
// The handler may not print: it asks, and rings the bells of the monitors; one of them prints. A bell is the futex word on which
// a monitor sleeps. It is never freed, so that a handler may ring it whenever the signal comes.
//
//     word:  ticking <-> resting          by the monitor and, to ticking, by workers that wake up
//            ticking, resting -> rung     by the handler; rung -> ticking by the monitor, which then looks whether it was asked
//            anything -> ending           by the end of the runtime
//
// Invariants: a change to `rung` ends the monitor's sleep, and keeps the next from beginning: a request is seen at once.
//             One monitor takes a request, however many bells were rung.

#include <weft/runtime_options.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

struct monitor_bell {
    enum : std::uint32_t { ticking, resting, rung, ending };

    std::atomic<std::uint32_t> word{ticking};  // a futex
    std::atomic<bool> taken{true};             // by a monitor that lives
    monitor_bell* next = nullptr;              // constant once it is listed

    std::uint32_t const* futex() const noexcept { return reinterpret_cast<std::uint32_t const*>(&word); }
};

/// A bell for a new monitor. Errors: `std::bad_alloc`.
monitor_bell& take_bell();
void put_bell(monitor_bell& bell) noexcept;

/// Installs, once per process, a handler for SIGQUIT, unless the option or an ignored signal speaks against it.
void install_quit_signal(sigquit_action action) noexcept;

/// By a monitor whose bell was rung: prints all fibers if that was asked for and nobody else does.
void answer_quit_signal() noexcept;

}  // namespace weft::detail
