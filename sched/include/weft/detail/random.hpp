#pragma once
#include <cstdint>

namespace weft::detail {

/// 64 random bits from the worker's generator (seeded by `runtime_options::seed`), or the thread's. Not for secrets.
std::uint64_t random_bits() noexcept;

}  // namespace weft::detail
