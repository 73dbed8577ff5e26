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

/// Whether there will be a handle, and what the fiber runs under. A detached one inherits nothing; one with a handle runs
/// under its starter's context, or under `under`, if given, and gets the locals that are inherited.
struct launch_mode {
    launch_mode(bool detached, context const* instead = nullptr) noexcept : is_detached(detached), under(instead) {}

    bool is_detached;
    context const* under;
};

// The untyped halves of starting a fiber; see start.cpp.
fiber_control& create_fiber(runtime_core& rt, std::size_t body_bytes, std::size_t body_alignment,
                            spawn_options const& options);
void discard_fiber(runtime_core& rt, fiber_control& unborn) noexcept;
void start_fiber(runtime_core& rt, fiber_control& fresh, fiber_operations const& operations, launch_mode how);

template <class F, class... From>
fiber_control& launch(runtime_core& rt, spawn_options const& options, launch_mode how, From&&... from) {
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
    start_fiber(rt, fresh, body::operations, how);
    return fresh;
}

template <class F, class... A>
fiber_control& launch_call(runtime_core& rt, spawn_options const& options, launch_mode how, F&& f, A&&... args) {
    if constexpr (sizeof...(A) == 0)
        return launch<std::decay_t<F>>(rt, options, how, std::forward<F>(f));
    else
        return launch<bound_call<std::decay_t<F>, std::decay_t<A>...>>(rt, options, how, std::in_place,
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
