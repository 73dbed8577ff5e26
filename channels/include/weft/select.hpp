#pragma once
#include <weft/chan.hpp>
#include <weft/clock.hpp>
#include <weft/detail/join_source.hpp>
#include <weft/detail/select_case.hpp>
#include <weft/detail/typed_case.hpp>
#include <weft/fiber.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace weft {

/// Tag: `select(ordered, …)` takes the first ready case in the order written, instead of a random one.
struct ordered_t {};
/// The tag of an ordered select.
inline constexpr ordered_t ordered{};

/// The handler of a case that has none.
using detail::no_handler;

/// A case that receives from `ch`. `handler_or_slot` is called with a `std::optional<T>`, or is a `std::optional<T>&`
/// that is written only if the case is chosen. `nullopt`: closed and drained; a closed channel is always ready.
template <class Chan, class FOrSlot>
[[nodiscard]] auto on_recv(Chan const& ch, FOrSlot&& handler_or_slot) {
    return detail::receive_case<typename Chan::value_type, FOrSlot>(ch, std::forward<FOrSlot>(handler_or_slot));
}

/// A case that sends `value` on `ch` and then calls `f()`. A value that is not sent is left untouched; if `ch` is
/// closed, the select that chooses this case throws `closed_channel`.
template <class Chan, class V, class F = no_handler>
[[nodiscard]] auto on_send(Chan const& ch, V&& value, F&& f = {}) {
    return detail::send_case<typename Chan::value_type, V, F>(ch, std::forward<V>(value), std::forward<F>(f));
}

/// A case that is ready `d` after the select began; at once if `d` is not positive.
template <class Rep, class Period, class F = no_handler>
[[nodiscard]] auto on_timeout(std::chrono::duration<Rep, Period> d, F&& f = {}) {
    return detail::deadline_case<F>(d, std::forward<F>(f));
}

/// A case that is ready at `t`.
template <class F = no_handler>
[[nodiscard]] auto on_deadline(clock::time_point t, F&& f = {}) {
    return detail::deadline_case<F>(t, std::forward<F>(f));
}

/// A case that is ready when the fiber has ended: `join` will not wait then.
template <class R, class F = no_handler>
[[nodiscard]] auto on_join(fiber<R>& fb, F&& f = {}) {
    return detail::source_case<detail::join_source, F>(detail::join_source(detail::control_of(fb)), std::forward<F>(f));
}

/// The case that is taken when no other is ready: Go's `default`.
template <class F = no_handler>
[[nodiscard]] auto otherwise(F&& f = {}) {
    return detail::otherwise_case<F>(std::forward<F>(f));
}

namespace detail {

template <class Case>
concept is_typed_case = std::derived_from<std::remove_cvref_t<Case>, select_entry>;

template <class Case>
concept is_expiring_case = is_typed_case<Case> && !std::is_lvalue_reference_v<Case>;

/// A case that can be tried alone, without a select around it.
template <class Case>
concept is_channel_case = requires(Case& c) {
    c.try_now();
};

template <class Case>
concept is_otherwise_case = requires {
    requires Case::is_otherwise;
};

template <class... Cases>
std::size_t select_typed(bool in_order, Cases&... cases) {
    (cases.prepare(), ...);
    select_entry* const entries[] = {&cases...};
    std::uint32_t order[2 * sizeof...(Cases)];
    return run_select(entries, order, in_order);
}
inline std::size_t select_typed(bool in_order) { return run_select({}, nullptr, in_order); }

// One channel and `otherwise`: no more than a `try_send` or `try_recv`.
template <is_channel_case Case, is_otherwise_case Else>
std::size_t select_typed(bool, Case& only, Else& none) {
    if (only.try_now()) return 0;
    none.complete();
    return 1;
}
template <is_otherwise_case Else, is_channel_case Case>
std::size_t select_typed(bool, Else& none, Case& only) {
    if (only.try_now()) return 1;
    none.complete();
    return 0;
}

}  // namespace detail

/// Waits until one of the cases can run, runs exactly that one, and returns its index. Of several that are ready it
/// takes one at random, uniformly. Without cases it waits for ever. Handlers run last; their results are ignored
/// and their exceptions propagate.
///
/// Channels and values are evaluated once each, also those of losers, but as arguments of a call: g++ evaluates them
/// last to first. Whoever needs an order computes them before.
///
/// Blocks: until a case is ready, unless there is an `otherwise`. Nothing is allocated.
/// Errors: `closed_channel` if a send on a closed channel was chosen; `cancelled`.
/// Source: https://go.dev/ref/spec#Select_statements
template <class... Cases>
    requires(detail::is_typed_case<Cases>&&...)
std::size_t select(Cases&&... cases) { return detail::select_typed(false, cases...); }

/// The same, but of several that are ready it takes the first in the order written.
template <class... Cases>
    requires(detail::is_typed_case<Cases>&&...)
std::size_t select(ordered_t, Cases&&... cases) { return detail::select_typed(true, cases...); }

/// A case that owns what it needs, for selects whose cases are known only at run time: `cases.push_back(on_recv(ch,
/// f))`.
///
/// Owns handle and handler; an rvalue to send is kept inside, an lvalue is referred to and moved from only if chosen.
/// May be used for any number of selects, one at a time.
class select_case {
public:
    /// Of a case that was made for it: `on_recv(…)` and the like.
    /// Errors: `std::bad_alloc`, and whatever copying the handler or the value throws.
    template <detail::is_expiring_case Case>
    select_case(Case&& c) : entry_(std::forward<Case>(c).own()) {}
    /// Takes the case over; the other may only be assigned to or destroyed.
    select_case(select_case&&) noexcept = default;
    /// Takes the case over; the other may only be assigned to or destroyed.
    select_case& operator=(select_case&&) noexcept = default;
    ~select_case() = default;

private:
    friend std::size_t select(std::span<select_case> cases);
    std::unique_ptr<detail::select_entry> entry_;
};

/// The dynamic form: any number of cases, in an array. An empty one waits for ever.
/// Errors: as the other forms; `std::bad_alloc` beyond 64 cases.
std::size_t select(std::span<select_case> cases);

}  // namespace weft
