// Programs of channels, run on weft.
#pragma once

#include "channels/program.hpp"

namespace weft_test {

/// Mistakes that a channel could make, put between the programs and weft to see that the model finds them.
enum class fault : std::uint8_t {
    none,
    loses,           // a send says that it is done, and is not
    doubles,         // a send puts its value in twice
    reorders,        // a receive lets the second value overtake the first
    is_never_ready,  // a try says that it would have to wait, without a look
    sleeps_through   // a receive waits where nobody sends
};

/// Runs `p` in the current runtime and writes down what happened. Every fiber that cannot go on is cancelled in the end, and what
/// the channels hold is received. The caller is a fiber, and no others than its own are asleep beside it.
history run_program(program const& p, fault planted = fault::none);

}  // namespace weft_test
