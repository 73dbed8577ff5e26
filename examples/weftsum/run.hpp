// One run of weftsum, inside the runtime.
#pragma once
#include <weft/weft.hpp>

#include "options.hpp"

namespace weftsum {

/// Does what the command line asks for and returns the exit status. To be called by a fiber of `runtime`.
int run(options const& wanted, weft::recv_chan<int> interrupts, weft::runtime const& runtime);

}  // namespace weftsum
