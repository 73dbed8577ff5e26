#pragma once
#include <weft/clock.hpp>
#include <weft/detail/fiber_body.hpp>
#include <weft/detail/fiber_handle.hpp>
#include <weft/error.hpp>

#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace weft {

/// Identifies a fiber for as long as the process lives; never reused. 0 is no fiber.
using fiber_id = std::uint64_t;

/// A started fiber that will be joined. Move-only. The destructor cancels the fiber and joins it; what escaped it is
/// then dropped.
///
/// Thread safety: one thread or fiber at a time, except `cancel` and `get_id`. Works from plain threads.
template <class R = void>
class [[nodiscard]] fiber {
    static_assert(!std::is_rvalue_reference_v<R>,
                  "weft: a fiber cannot return an rvalue reference: return a value or an lvalue reference");

public:
    /// No fiber.
    fiber() noexcept = default;
    /// Takes the fiber over: the other is not joinable any more.
    fiber(fiber&&) noexcept = default;
    /// Cancels and joins the fiber held so far, if any.
    fiber& operator=(fiber&&) noexcept = default;
    ~fiber() = default;

    /// Waits for the end and returns the result, or rethrows what escaped (`cancelled` too). Afterwards not joinable.
    /// Blocks: until the fiber has ended.
    /// Errors: `runtime_stopped` if its runtime abandoned it; `std::system_error` if not joinable, or joining itself.
    R join() {
        handle_.wait_to_join();
        detail::fiber_handle const ended = std::move(handle_);
        return static_cast<detail::result_slot<R>*>(ended.take_result())->take();
    }

    /// Waits for the end, at most until `deadline`. True: the fiber has ended and `join` will not wait.
    bool join_until(clock::time_point deadline) { return handle_.wait_until(deadline); }
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool join_for(std::chrono::duration<Rep, Period> d) {
        return join_until(detail::deadline_after(d));
    }

    /// Asks the fiber to stop: it throws `cancelled` where it waits, or when it is about to.
    void cancel() noexcept { handle_.cancel(); }
    /// Lets the fiber go on alone. An exception that escapes it then ends the program.
    void detach() noexcept { handle_.detach(); }
    /// Whether there is a fiber to join.
    bool joinable() const noexcept { return handle_.get() != nullptr; }
    /// The fiber's identity; 0 if there is none.
    fiber_id get_id() const noexcept { return handle_.id(); }

private:
    friend struct detail::fiber_access;
    explicit fiber(detail::fiber_control& started) noexcept : handle_(started) {}

    detail::fiber_handle handle_;
};

namespace detail {

/// For spawn, and for select's `on_join`.
struct fiber_access {
    template <class R>
    static fiber<R> make(fiber_control& started) noexcept {
        return fiber<R>(started);
    }
    template <class R>
    static fiber_control* control(fiber<R> const& f) noexcept {
        return f.handle_.get();
    }
};

template <class R>
fiber_control* control_of(fiber<R>& f) noexcept {
    return fiber_access::control(f);
}

}  // namespace detail

}  // namespace weft
