#pragma once
#include <weft/runtime_options.hpp>

namespace weft::detail {

enum class quota : bool { ignored, respected };

/// CPUs this process may run on; with `quota::respected` no more than its cgroup pays for.
unsigned usable_cpus(quota q);

/// The options with the environment's overrides applied and every limit checked; `workers` is never 0 afterwards.
/// Errors: `std::invalid_argument` that names the option or the variable.
runtime_options resolve(runtime_options chosen);

}  // namespace weft::detail
