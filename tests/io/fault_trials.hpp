// Runs scenarios on a system that fails, and looks at what is left: no descriptor, fiber or timer, no fiber that waits for ever,
// no byte that is lost or doubled, and an error that says what has happened.
//
// WEFT_TEST_SEED replays a run; WEFT_TEST_FAULT_ROUNDS makes more of them.
#pragma once

#include <span>
#include <weft/runtime.hpp>

#include "promises.hpp"

namespace weft_test {

struct scenario {
    char const* name;
    /// The main fiber's body. Ends well, having compared everything; or with the `std::system_error` of the fault, having
    /// compared what had arrived by then; or with a `broken_promise`.
    void (*run)();
};

/// Each scenario several times, with faults at random: only such as a caller may not notice, or any.
void survive_random_faults(std::span<scenario const> scenarios, bool harmless_only, weft::runtime_options options);

/// Each scenario with the first call failing, then the second, and so on until none does.
void survive_every_fault(std::span<scenario const> scenarios);

}  // namespace weft_test
