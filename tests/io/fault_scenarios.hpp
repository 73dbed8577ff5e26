// Small programs that use what io offers, for running on a system that fails.
#pragma once

#include <span>
#include <stdexcept>

namespace weft_test {

/// What no fault excuses: a byte lost, doubled or changed.
struct broken_promise : std::logic_error {
    using std::logic_error::logic_error;
};

struct scenario {
    char const* name;
    /// The main fiber's body. Ends well, having compared everything; or with the `std::system_error` of the fault, having
    /// compared what had arrived by then; or with a `broken_promise`.
    void (*run)();
};

std::span<scenario const> all_scenarios();

}  // namespace weft_test
