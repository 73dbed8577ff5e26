// Randomness that a failure can be replayed from.
#pragma once

#include <cstdint>
#include <random>

namespace weft_test {

/// The seed of a test: the environment's WEFT_TEST_SEED, else a new one. It is printed, so that a failure can be replayed.
std::uint64_t seed_of(char const* test);

using engine = std::mt19937_64;

/// A number in [0, limit).
inline std::uint64_t below(engine& dice, std::uint64_t limit) { return dice() % limit; }

}  // namespace weft_test
