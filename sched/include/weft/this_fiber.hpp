#pragma once
#include <weft/clock.hpp>
#include <weft/detail/context_handle.hpp>
#include <weft/fiber.hpp>

#include <chrono>
#include <string_view>

/// The calling fiber. On a plain thread `yield` and the sleeps act on the thread, which can have a current context, too
/// (`with_context`); a pin does nothing.
namespace weft::this_fiber {

/// Lets other fibers run, if any are waiting to.
/// Errors: `cancelled`.
void yield();

/// Waits until `t`; at once if it has passed. Never returns early.
/// Errors: `cancelled`.
void sleep_until(clock::time_point t);

/// Waits for `d`; at once if it is not positive.
/// Errors: `cancelled`.
template <class Rep, class Period>
void sleep_for(std::chrono::duration<Rep, Period> d) {
    if (d > d.zero()) sleep_until(detail::deadline_after(d));
}

/// The fiber's identity; 0 on a plain thread.
fiber_id get_id() noexcept;

/// The name it was started with, or an empty one. Valid for as long as the fiber lives.
std::string_view name() noexcept;

/// Throws if the fiber was asked to stop, or its context has ended: for long computations that never wait. Others run only
/// at a `yield`, which also throws.
/// Errors: `cancelled`, `deadline_exceeded`.
void check_cancelled();

/// What the caller runs under: the context of the innermost `with_context`, `with_timeout` or `with_deadline`; else the
/// one that its fiber was started under; else the background. Valid until that scope ends: copy it to keep it.
///
/// `spawn` and task groups hand it on, `go` does not. `fiber<R>::cancel` reaches the fiber's waits but not its context, which
/// others may share: what the fiber derived from that ends by its own cancel functions, or scopes.
context const& current_context() noexcept;

/// A scope in which waiting ignores cancellation, for cleanup that must finish. Nests.
class shield {
public:
    shield() noexcept;
    ~shield();
    shield(shield const&) = delete;
    shield& operator=(shield const&) = delete;
};

/// A scope in which the fiber stays on its thread, for libraries that live on thread identity. Nests. Costs
/// parallelism: the fiber waits for its worker even if others are idle.
class pin {
public:
    pin() noexcept;
    ~pin();
    pin(pin const&) = delete;
    pin& operator=(pin const&) = delete;
};

}  // namespace weft::this_fiber
