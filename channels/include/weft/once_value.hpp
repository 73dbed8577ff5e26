#pragma once
#include <weft/detail/fiber_body.hpp>
#include <weft/error.hpp>
#include <weft/once.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft {

/// A function that is called once, when its result is needed first: `weft::once_value config([] { return load(); });`
///
/// Copies share the result. All calls return it, or rethrow what the one call threw; only if that was `cancelled`, which says
/// nothing about the function, the next caller tries again.
///
/// Thread safety: `operator()` from any fiber or thread.
/// Source: https://pkg.go.dev/sync#OnceValue
template <class F>
class once_value {
public:
    /// What the function returns.
    using result_type = std::invoke_result_t<F&>;

    /// Nothing is called yet.
    explicit once_value(F f) : shared_(std::make_shared<state>(std::move(f))) {}

    /// The result, which lives as long as any copy of this object.
    /// Blocks: while another caller is at it.
    /// Errors: what the function threw; `cancelled`, while it waits.
    std::add_lvalue_reference_t<result_type const> operator()() const {
        state& s = *shared_;
        s.first.call([&s] {
            try {
                s.value.fill([&s]() -> result_type { return (*s.f)(); });
                s.has_value = true;
            } catch (cancelled const&) {
                throw;
            } catch (...) {
                s.failure = std::current_exception();
            }
            s.f.reset();
        });
        if (s.failure != nullptr) std::rethrow_exception(s.failure);
        if constexpr (std::is_reference_v<result_type>)
            return *s.value.value;
        else if constexpr (!std::is_void_v<result_type>)
            return s.value.value;
    }

private:
    struct state {
        explicit state(F&& given) : f(std::move(given)) {}
        state(state const&) = delete;
        ~state() {
            if (has_value) value.destroy();
        }

        once first;
        std::optional<F> f;  // gone, with all that it holds, after the call
        detail::result_slot<result_type> value;
        std::exception_ptr failure;
        bool has_value = false;
    };

    std::shared_ptr<state> shared_;
};

}  // namespace weft
