// The figures that --stats prints.
#pragma once
#include <cstdint>
#include <string>

#include "tally.hpp"

namespace weftsum {

/// Several lines: files, bytes, seconds, rate, fibers and the peak memory of the process.
std::string format_statistics(tally const& done, std::uint64_t fibers);

}  // namespace weftsum
