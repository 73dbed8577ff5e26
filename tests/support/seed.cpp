#include "support/seed.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

namespace weft_test {

std::uint64_t seed_of(char const* test) {
    char const* const given = std::getenv("WEFT_TEST_SEED");
    std::uint64_t const seed = given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
    std::fprintf(stderr, "%s: WEFT_TEST_SEED=%" PRIu64 "\n", test, seed);
    return seed;
}

}  // namespace weft_test
