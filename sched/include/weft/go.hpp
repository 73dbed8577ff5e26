#pragma once
#include <weft/fiber.hpp>
#include <weft/site.hpp>

#include <type_traits>
#include <utility>

namespace weft {

/// The handle of a fiber that runs an `F` with arguments `A`.
template <class F, class... A>
using fiber_for = fiber<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>;

namespace detail {

class runtime_core;

/// The runtime of the calling fiber. Errors: `runtime_stopped` on a plain thread.
runtime_core& current_runtime();

// The untyped halves of starting a fiber; see start.cpp.
fiber_control& create_fiber(runtime_core& rt, std::size_t body_bytes, std::size_t body_alignment,
                            spawn_options const& options);
void discard_fiber(runtime_core& rt, fiber_control& unborn) noexcept;
/// A fiber with a handle inherits its starter's context and locals; a detached one does not.
void start_fiber(runtime_core& rt, fiber_control& fresh, fiber_operations const& operations, bool is_detached);
/// The same, but either kind inherits, and runs under `under` instead of its starter's context.
void start_fiber_under(runtime_core& rt, fiber_control& fresh, fiber_operations const& operations, bool is_detached,
                       context const& under);

/// A fiber that is ready to be started.
template <class F, class... From>
fiber_control& prepare(runtime_core& rt, spawn_options const& options, From&&... from) {
    using body = fiber_body<std::invoke_result_t<F>, F>;
    fiber_control& fresh = create_fiber(rt, sizeof(body), alignof(body), options);
    if constexpr (std::is_nothrow_constructible_v<body, From...>) {
        ::new (fresh.body) body(std::forward<From>(from)...);
    } else {
        try {
            ::new (fresh.body) body(std::forward<From>(from)...);
        } catch (...) {
            discard_fiber(rt, fresh);
            throw;
        }
    }
    return fresh;
}

template <class F, class... From>
fiber_control& launch(runtime_core& rt, spawn_options const& options, bool is_detached, From&&... from) {
    fiber_control& fresh = prepare<F>(rt, options, std::forward<From>(from)...);
    start_fiber(rt, fresh, fiber_body<std::invoke_result_t<F>, F>::operations, is_detached);
    return fresh;
}

/// For scopes that give their fibers a context of their own.
template <class F>
fiber_control& launch_under(context const& under, site where, bool is_detached, F&& f) {
    using callable = std::decay_t<F>;
    runtime_core& rt = current_runtime();
    fiber_control& fresh = prepare<callable>(rt, {{}, 0, where}, std::forward<F>(f));
    start_fiber_under(rt, fresh, fiber_body<std::invoke_result_t<callable>, callable>::operations, is_detached, under);
    return fresh;
}

template <class F, class... A>
fiber_control& launch_call(runtime_core& rt, spawn_options const& options, bool is_detached, F&& f, A&&... args) {
    if constexpr (sizeof...(A) == 0)
        return launch<std::decay_t<F>>(rt, options, is_detached, std::forward<F>(f));
    else
        return launch<bound_call<std::decay_t<F>, std::decay_t<A>...>>(rt, options, is_detached, std::in_place,
                                                                       std::forward<F>(f), std::forward<A>(args)...);
}

/// Where an argument pack leaves no room for a default argument, the caller is known by its return address.
[[gnu::always_inline]] inline site return_site() noexcept {
    return {static_cast<char const*>(__builtin_extract_return_addr(__builtin_return_address(0))), 0};
}

}  // namespace detail

/// Starts a fiber that nobody joins. It inherits nothing but its runtime and ends with it.
///
/// The callable is decay-copied into the fiber. An exception that escapes it ends the program, naming the fiber;
/// `cancelled` just ends the fiber. The start order of fibers is unspecified.
/// Errors: `runtime_stopped` on a thread that runs no fiber; `std::bad_alloc` and `std::system_error` when there is no
/// memory or no stack left. Nothing has happened then.
template <class F>
    requires std::is_invocable_v<std::decay_t<F>>
void go(F&& f, site where = site::here()) {
    detail::launch_call(detail::current_runtime(), {{}, 0, where}, true, std::forward<F>(f));
}

/// The same with arguments, which are decay-copied and passed as rvalues, as `std::thread` does.
template <class F, class... A>
    requires(sizeof...(A) > 0)
&&std::is_invocable_v<std::decay_t<F>, std::decay_t<A>...> [[gnu::noinline]] void go(F&& f, A&&... args) {
    detail::launch_call(detail::current_runtime(), {{}, 0, detail::return_site()}, true, std::forward<F>(f),
                        std::forward<A>(args)...);
}

/// The same with a name or a stack size of its own.
template <class F, class... A>
void go(spawn_options options, F&& f, A&&... args) {
    detail::launch_call(detail::current_runtime(), options, true, std::forward<F>(f), std::forward<A>(args)...);
}

/// Starts a fiber and returns the handle to join it by. It runs under the current context of the caller.
///
/// Errors: as `go`. What escapes the fiber is rethrown by `join`.
template <class F>
    requires std::is_invocable_v<std::decay_t<F>>
auto spawn(F&& f, site where = site::here()) -> fiber_for<F> {
    return detail::fiber_access::make<std::invoke_result_t<std::decay_t<F>>>(
        detail::launch_call(detail::current_runtime(), {{}, 0, where}, false, std::forward<F>(f)));
}

/// The same with arguments, which are decay-copied and passed as rvalues, as `std::thread` does.
template <class F, class... A>
    requires(sizeof...(A) > 0)
&&std::is_invocable_v<std::decay_t<F>, std::decay_t<A>...> [[gnu::noinline]] auto spawn(F&& f, A&&... args)
      -> fiber_for<F, A...> {
    return detail::fiber_access::make<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>(
        detail::launch_call(detail::current_runtime(), {{}, 0, detail::return_site()}, false, std::forward<F>(f),
                            std::forward<A>(args)...));
}

/// The same with a name or a stack size of its own.
template <class F, class... A>
auto spawn(spawn_options options, F&& f, A&&... args) -> fiber_for<F, A...> {
    return detail::fiber_access::make<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>(
        detail::launch_call(detail::current_runtime(), options, false, std::forward<F>(f), std::forward<A>(args)...));
}

}  // namespace weft
