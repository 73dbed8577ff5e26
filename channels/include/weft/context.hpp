#pragma once
#include <weft/chan.hpp>
#include <weft/clock.hpp>
#include <weft/detail/bounded_scope.hpp>
#include <weft/detail/callback_state.hpp>
#include <weft/detail/cancel_scope.hpp>
#include <weft/detail/context_handle.hpp>
#include <weft/detail/context_node.hpp>
#include <weft/detail/done_case.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/site.hpp>
#include <weft/this_fiber.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

struct cancellable;

/// Cancels the context that it was made with, and all derived from it. Copyable; does nothing when it is destroyed:
/// `weft::defer const at_end([&] { cancel(); });` does.
///
/// Thread safety: any member from any fiber or thread at any time.
class cancel_function {
public:
    /// The first call cancels, before it returns; further ones do nothing. `cause` is what `context::cause` then gives. Time in
    /// proportion to the contexts, fibers and waiters that it reaches.
    void operator()(std::exception_ptr cause = nullptr) const noexcept;

private:
    friend cancellable with_cancel(context const& parent);
    friend cancellable with_deadline(context const& parent, clock::time_point t);
    explicit cancel_function(context ctx) noexcept : ctx_(std::move(ctx)) {}

    context ctx_;
};

/// A context with what cancels it: `auto [ctx, cancel] = with_cancel(parent);`
struct cancellable {
    context ctx;             ///< the child
    cancel_function cancel;  ///< cancels it
};

/// A context that is cancelled with `parent`, or by its own function.
/// Errors: `std::bad_alloc`.
cancellable with_cancel(context const& parent);

/// The same, and it times out at `t`, or with `parent` if that comes first.
/// Errors: `std::bad_alloc`, `std::system_error`.
///
/// The timer is the calling fiber's worker's; should its runtime end before, the context is cancelled then. On a plain
/// thread a helper thread keeps it, for as long as there are such deadlines.
cancellable with_deadline(context const& parent, clock::time_point t);

/// The same; it times out in `d`, at once if that is not positive.
cancellable with_timeout(context const& parent, clock::duration d);

namespace detail {

template <class T>
class value_node final : public context_node {
public:
    value_node(context const& parent, T&& value)
        : context_node(context_access::node(parent), context_access::cancels(parent)), held_(std::move(value)) {
        context_access::held(parent);  // now that nothing can throw any more
        set_value(&type_key<T>, &held_);
    }

private:
    T held_;
};

}  // namespace detail

/// A context that adds a value; a value of the same type further up is hidden. The value lives as long as a context below
/// it does, and is shared: what it lets be changed needs a lock.
/// Errors: `std::bad_alloc`, and what moving `value` throws.
template <class T>
context with_value(context const& parent, T value) {
    return detail::context_access::adopt(new detail::value_node<T>(parent, std::move(value)));
}

/// A context with the values of `parent` that is not cancelled with it and has no deadline.
/// Errors: `std::bad_alloc`.
context without_cancel(context const& parent);

class cancel_callback;
template <class F>
cancel_callback after_cancel(context const& ctx, F&& f, site where = site::here());

/// A function that waits for a context's cancellation. Move-only; destroying it does not stop it.
class cancel_callback {
public:
    /// The other one is empty then.
    cancel_callback(cancel_callback&&) noexcept = default;
    /// Does not stop the function it had.
    cancel_callback& operator=(cancel_callback&&) noexcept = default;
    ~cancel_callback() = default;

    /// Takes the function back. True: it will not run. False: it has been started, or was stopped before; to wait for its
    /// end is up to the caller.
    bool stop() { return state_ != nullptr && state_->stop(); }

private:
    template <class F>
    friend cancel_callback after_cancel(context const& ctx, F&& f, site where);
    explicit cancel_callback(std::shared_ptr<detail::callback_state> state) noexcept : state_(std::move(state)) {}

    std::shared_ptr<detail::callback_state> state_;
};

/// Runs `f` in its own detached fiber once `ctx` is cancelled; at once if it is already. Until then the context is kept alive.
/// If the runtime ends before, `f` is not run.
/// Errors: as `weft::go`.
/// Source: https://pkg.go.dev/context#AfterFunc
template <class F>
cancel_callback after_cancel(context const& ctx, F&& f, site where) {
    auto state = std::make_shared<detail::callback_state>(ctx);
    // Under a context that can never be cancelled there is nothing to wait for.
    if (detail::context_access::cancels(ctx) != nullptr)
        weft::go(
            [state, work = std::decay_t<F>(std::forward<F>(f))]() mutable {
                if (state->wait()) std::move(work)();
            },
            where);
    return cancel_callback(std::move(state));
}

/// Runs `f` on the calling fiber, or plain thread, under `ctx`, and returns its result. As soon as `ctx` is cancelled, `f`'s waits
/// throw `cancelled`, or `deadline_exceeded`. The contexts that the caller is under already go on counting.
/// Errors: what escapes `f`.
template <class F>
auto with_context(context const& ctx, F&& f) -> std::invoke_result_t<F&> {
    detail::context_scope const scope(ctx);
    return f();
}

/// The same under a child of the current context that times out at `t`: everything that `f` waits for is bounded, and throws
/// `deadline_exceeded`. When `f` has ended the child is cancelled, as by a deferred cancel function.
/// Errors: what escapes `f`; `std::bad_alloc`, `std::system_error`.
template <class F>
auto with_deadline(clock::time_point t, F&& f) -> std::invoke_result_t<F&> {
    detail::bounded_scope const scope(t);
    return f();
}

/// The same; it times out in `d`.
template <class F>
auto with_timeout(clock::duration d, F&& f) -> std::invoke_result_t<F&> {
    return with_deadline(detail::deadline_after(d), std::forward<F>(f));
}

/// A case of `select` that can run when `ctx` is cancelled. A select in a fiber that itself runs under `ctx` takes this
/// case, and does not throw, unless the fiber is cancelled otherwise as well.
template <class F = detail::no_handler>
[[nodiscard]] auto on_done(context const& ctx, F&& f = {}) {
    return detail::done_case<F>(ctx.done(), std::forward<F>(f));
}

}  // namespace weft
