// The scope guard.

#include <chrono>
#include <stdexcept>
#include <type_traits>
#include <vector>
#include <weft/defer.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

TEST_CASE("deferred code runs at the end of its scope, the last first", "[defer]") {
    std::vector<int> order;
    {
        weft::defer const first([&] { order.push_back(1); });
        weft::defer const second([&] { order.push_back(2); });
        order.push_back(0);
    }
    CHECK(order == std::vector{0, 2, 1});
    static_assert(!std::is_copy_constructible_v<weft::defer<void (*)()>>);
}

TEST_CASE("deferred code runs when an exception or a cancellation leaves the scope, and may wait",
          "[defer][cancel][C39]") {
    weft_test::in_fibers([] {
        int ran = 0;
        CHECK_THROWS_AS(
            [&] {
                weft::defer const count([&] { ++ran; });
                throw std::runtime_error("out");
            }(),
            std::runtime_error);
        auto fiber = weft::spawn([&] {
            weft::defer const count([&] {
                weft::this_fiber::sleep_for(std::chrono::milliseconds(1));
                ++ran;
            });
            weft::this_fiber::sleep_for(std::chrono::hours(1));
        });
        weft_test::until_parked(1);
        fiber.cancel();
        CHECK_THROWS_AS(fiber.join(), weft::cancelled);
        CHECK(ran == 2);
    });
}
