#pragma once
#include <weft/clock.hpp>
#include <weft/detail/cancel_scope.hpp>
#include <weft/detail/context_handle.hpp>

namespace weft::detail {

/// `with_deadline` for the length of a block.
class bounded_scope {
public:
    /// Errors: `std::bad_alloc`, `std::system_error`.
    explicit bounded_scope(clock::time_point t);
    bounded_scope(bounded_scope const&) = delete;

private:
    struct cancel_at_end {
        context const ctx;
        ~cancel_at_end();
    };

    cancel_at_end child_;  // after the scope: there is nobody left to be woken, unless others run under it
    context_scope scope_;
};

}  // namespace weft::detail
