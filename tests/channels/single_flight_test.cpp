// Callers that ask for the same at the same time share one execution.

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/single_flight.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("those who come while a call runs share its result", "[single_flight]") {
    in_fibers([] {
        weft::single_flight<std::string, int> flights;
        auto const open = weft::make_chan<int>();
        std::atomic<int> runs = 0;
        std::vector<weft::fiber<std::pair<int, bool>>> callers;
        for (int i = 0; i != 10; ++i)
            callers.push_back(weft::spawn([&] {
                auto const got = flights.call("key", [&] {
                    ++runs;
                    return *open.recv();
                });
                return std::pair(got.value, got.shared);
            }));
        until_parked(10);
        open.send(7);
        for (auto& caller : callers) CHECK(caller.join() == std::pair(7, true));
        CHECK(runs == 1);

        auto const alone = flights.call("key", [] { return 8; });
        CHECK(alone.value == 8);
        CHECK_FALSE(alone.shared);
    });
}

TEST_CASE("different keys do not wait for each other", "[single_flight]") {
    in_fibers([] {
        weft::single_flight<int, int> flights;
        CHECK(flights.call(1, [&] { return flights.call(2, [] { return 3; }).value + 1; }).value == 4);
    });
}

TEST_CASE("what a call throws, all who wait for it get", "[single_flight]") {
    in_fibers([] {
        weft::single_flight<int, std::string> flights;
        auto const open = weft::make_chan<weft::unit>();
        std::vector<weft::fiber<>> callers;
        for (int i = 0; i != 5; ++i)
            callers.push_back(weft::spawn([&] {
                flights.call(1, [&]() -> std::string {
                    open.recv();
                    throw std::runtime_error("no");
                });
            }));
        until_parked(5);
        open.close();
        for (auto& caller : callers) CHECK_THROWS_AS(caller.join(), std::runtime_error);
    });
}

TEST_CASE("when the first caller is cancelled, another one runs its own", "[single_flight][C39]") {
    in_fibers([] {
        weft::single_flight<int, int> flights;
        auto const never = weft::make_chan<int>();
        auto first = weft::spawn([&] { return flights.call(1, [&] { return *never.recv(); }).value; });
        until_parked(1);
        auto second = weft::spawn([&] { return flights.call(1, [] { return 2; }).value; });
        until_parked(2);
        first.cancel();
        CHECK_THROWS_AS(first.join(), weft::cancelled);
        CHECK(second.join() == 2);
    });
}

TEST_CASE("a forgotten call goes on, and the next one runs beside it", "[single_flight]") {
    in_fibers([] {
        weft::single_flight<int, int> flights;
        auto const open = weft::make_chan<int>();
        auto old = weft::spawn([&] { return flights.call(1, [&] { return *open.recv(); }).value; });
        until_parked(1);
        flights.forget(1);
        CHECK(flights.call(1, [] { return 2; }).value == 2);
        open.send(3);
        CHECK(old.join() == 3);
    });
}

TEST_CASE("a result that can only be moved is the caller's if it is alone", "[single_flight]") {
    in_fibers([] {
        weft::single_flight<int, std::shared_ptr<int>> flights;
        auto const got = flights.call(1, [] { return std::make_shared<int>(4); });
        CHECK(got.value.use_count() == 1);
    });
}
