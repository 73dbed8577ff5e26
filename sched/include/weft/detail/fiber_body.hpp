#pragma once
// What a fiber runs, and where its result lies until it is joined: typed here, once per callable, and as little as
// possible.

#include <weft/detail/fiber_control.hpp>

#include <exception>

#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weft::detail {

/// A place for an `R` that may be void or a reference. At offset 0 of every body, so that `fiber<R>` finds it.
template <class R>
struct result_slot {
    result_slot() noexcept {}
    ~result_slot() {}

    template <class F>
    void fill(F&& make) {
        ::new (static_cast<void*>(std::addressof(value))) R(std::forward<F>(make)());
    }
    R take() {
        struct cleanup {
            R& spent;
            ~cleanup() { spent.~R(); }
        } const after{value};
        return std::move(value);
    }
    void destroy() noexcept { value.~R(); }

    union {
        R value;
    };
};

template <class R>
struct result_slot<R&> {
    template <class F>
    void fill(F&& make) {
        value = std::addressof(std::forward<F>(make)());
    }
    R& take() noexcept { return *value; }
    void destroy() noexcept {}

    R* value = nullptr;
};

template <>
struct result_slot<void> {
    template <class F>
    void fill(F&& make) {
        std::forward<F>(make)();
    }
    void take() noexcept {}
    void destroy() noexcept {}
};

template <class R, class F>
struct fiber_body {
    template <class... From>
    explicit fiber_body(From&&... from) : callable(std::forward<From>(from)...) {}
    ~fiber_body() {}

    // Without a result a small callable and the first frames share a cache line.
    [[no_unique_address]] result_slot<R> result;
    union {
        F callable;
    };

    static void invoke(void* memory) {
        auto& self = *static_cast<fiber_body*>(memory);
        struct cleanup {
            F& spent;
            ~cleanup() { spent.~F(); }
        } const after{self.callable};
        self.result.fill([&]() -> R { return std::move(self.callable)(); });
    }
    static void destroy_result(void* memory) noexcept { static_cast<fiber_body*>(memory)->result.destroy(); }
    static void destroy_callable(void* memory) noexcept { static_cast<fiber_body*>(memory)->callable.~F(); }

    static constexpr fiber_operations operations{&invoke, &destroy_result, &destroy_callable};
};

/// A callable with its arguments, decay-copied and invoked as `std::thread` does.
template <class F, class... A>
struct bound_call {
    template <class G, class... B>
    explicit bound_call(std::in_place_t, G&& g, B&&... b) : f(std::forward<G>(g)), arguments(std::forward<B>(b)...) {}

    std::invoke_result_t<F, A...> operator()() && { return std::apply(std::move(f), std::move(arguments)); }

    F f;
    [[no_unique_address]] std::tuple<A...> arguments;
};

}  // namespace weft::detail
