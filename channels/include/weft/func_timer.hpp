#pragma once
#include <weft/clock.hpp>
#include <weft/detail/deferred_call.hpp>
#include <weft/site.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace weft {

class func_timer;
template <class F>
func_timer after_func(clock::duration d, F&& f, site where = site::here());

/// The handle of an `after_func`. Destroying it stops nothing.
///
/// Thread safety: `stop` from any fiber or thread; `reset` from any fiber.
class func_timer {
public:
    /// The other one is empty then.
    func_timer(func_timer&&) noexcept = default;
    /// Does not stop the function it had.
    func_timer& operator=(func_timer&&) noexcept = default;
    ~func_timer() = default;

    /// True: the function was still to be called, and will not be. False: it has been started, which does not mean that it has
    /// ended, or it was stopped before.
    bool stop();
    /// Calls the function `d` from now, also if it has been called before. The result is as `stop`'s.
    /// Errors: `runtime_stopped` on a thread that runs no fiber.
    bool reset(clock::duration d);

private:
    template <class F>
    friend func_timer after_func(clock::duration d, F&& f, site where);
    explicit func_timer(detail::deferred_call& adopted) noexcept : call_(adopted) {}

    detail::call_reference<detail::deferred_call> call_;
};

/// Calls `f()` after `d`, in a fiber of its own, which `go` starts then: until that time nothing but a timer exists. It belongs
/// to the runtime of the caller and is forgotten with it. What escapes `f` ends the program, as with `go`. If no fiber can be
/// started in time, because there are `max_fibers`, it is tried again each millisecond.
///
/// Errors: `runtime_stopped` on a thread that runs no fiber; `std::bad_alloc`.
/// Source: https://pkg.go.dev/time#AfterFunc
template <class F>
func_timer after_func(clock::duration d, F&& f, site where) {
    static_assert(std::invocable<std::decay_t<F>&>, "after_func calls a function without arguments");
    func_timer timer(*new detail::deferred_call_of<std::decay_t<F>>(std::forward<F>(f), where));
    timer.reset(d);
    return timer;
}

}  // namespace weft
