// Small programs that use what io offers, for running on a system that fails.
#pragma once

#include <span>

#include "fault_trials.hpp"

namespace weft_test {

std::span<scenario const> all_scenarios();

}  // namespace weft_test
