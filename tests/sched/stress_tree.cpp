// Trees of fibers: every fiber starts children and waits for them.

#include <cstdint>
#include <vector>
#include <weft/go.hpp>
#include <weft/runtime.hpp>

#include "support/fixture.hpp"

namespace {

// The number of leaves below a fiber that has ten children on each of `depth` levels.
long leaves(int depth) {
    if (depth == 0) return 1;
    std::vector<weft::fiber<long>> children;
    children.reserve(10);
    for (int i = 0; i != 10; ++i) children.push_back(weft::spawn(leaves, depth - 1));
    long sum = 0;
    for (auto& child : children) sum += child.join();
    return sum;
}

long power_of_ten(int exponent) { return exponent == 0 ? 1 : 10 * power_of_ten(exponent - 1); }

}  // namespace

TEST_CASE("a tree of a million fibers counts its leaves", "[stress][spawn]") {
    constexpr int depth = weft_test::sized(6, 5, weft_test::under_tsan ? 3 : 4);
    weft_test::with_workers([](weft::runtime_options options) {
        options.stack_bytes = 64 * 1024;
        CHECK(weft::run([] { return leaves(depth); }, options) == power_of_ten(depth));
    });
}

TEST_CASE("a chain of fibers, each joined by its parent", "[stress][spawn]") {
    struct chain {
        static int length(int left) { return left == 0 ? 0 : 1 + weft::spawn(length, left - 1).join(); }
    };
    static constexpr int links = weft_test::sized(50'000, 10'000, 1'000);
    weft_test::with_workers([](weft::runtime_options options) {
        options.stack_bytes = 64 * 1024;
        CHECK(weft::run([] { return chain::length(links); }, options) == links);
    });
}
