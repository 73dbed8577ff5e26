// `run` and `runtime`: results, nesting, several of them, and life before and after.

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using weft_test::with_workers;

TEST_CASE("run returns what its function returns", "[runtime]") {
    with_workers([](weft::runtime_options options) {
        CHECK(weft::run([] { return 5; }, options) == 5);
        CHECK(*weft::run([] { return std::make_unique<int>(6); }, options) == 6);
        int kept = 0;
        CHECK(&weft::run([&]() -> int& { return kept; }, options) == &kept);
        weft::run([&] { kept = 7; }, options);
        CHECK(kept == 7);
        CHECK(weft::run([mutable_state = 1]() mutable { return ++mutable_state; }, options) == 2);
    });
}

TEST_CASE("run rethrows what escapes its function", "[runtime]") {
    with_workers([](weft::runtime_options options) {
        CHECK_THROWS_AS(weft::run([] { throw std::runtime_error("out"); }, options), std::runtime_error);
        CHECK_THROWS_AS(weft::run([]() -> int { throw std::string("out"); }, options), std::string);
        weft::runtime rt(options);
        CHECK_THROWS_AS(rt.run([] { throw 1; }), int);
        CHECK(rt.run([] { return 2; }) == 2);  // and the runtime lives on
    });
}

TEST_CASE("the main fiber is a fiber on a worker", "[runtime]") {
    with_workers([](weft::runtime_options options) {
        auto const caller = std::this_thread::get_id();
        auto const [id, thread] =
            weft::run([] { return std::pair(weft::this_fiber::get_id(), std::this_thread::get_id()); }, options);
        CHECK(id != 0);
        CHECK(thread != caller);
        CHECK(weft::this_fiber::get_id() == 0);
    });
}

TEST_CASE("a runtime runs many times and keeps its workers", "[runtime][C45]") {
    with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        CHECK(rt.workers() == options.workers);
        for (int i = 0; i != 50; ++i) CHECK(rt.run([i] { return i; }) == i);
    });
}

TEST_CASE("fibers may be started from outside", "[runtime][thread]") {
    with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        std::atomic<int> ran = 0;
        rt.go([&] { ++ran; });
        auto fiber = rt.spawn([&] { return ++ran, std::make_unique<int>(3); });
        CHECK(*fiber.join() == 3);  // a plain thread joins
        rt.run([&] { weft_test::yield_until([&] { return ran == 2; }); });
        CHECK(ran == 2);
    });
}

TEST_CASE("many threads may start fibers at the same time", "[runtime][thread]") {
    with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        std::atomic<int> ran = 0;
        int const threads = 4, fibers = 500;
        {
            std::vector<std::jthread> starters;
            for (int t = 0; t != threads; ++t)
                starters.emplace_back([&] {
                    for (int i = 0; i != fibers; ++i) rt.go([&] { ++ran; });
                });
        }
        rt.run([&] { weft_test::yield_until([&] { return ran == threads * fibers; }); });
        CHECK(ran == threads * fibers);
    });
}

TEST_CASE("a runtime that ran nothing ends", "[runtime][bug][B6]") {
    with_workers([](weft::runtime_options options) {
        for (int i = 0; i != 20; ++i) weft::runtime rt(options);
    });
}

TEST_CASE("a runtime can be started again after it ended",
          "[runtime][C45][bug][B7]") {  // Boost.Fiber #203: a second pool crashes
    with_workers([](weft::runtime_options options) {
        for (int i = 0; i != weft_test::sized(100, 50, 20); ++i)
            if (weft::run([i] { return weft::spawn([i] { return i; }).join(); }, options) != i) FAIL("at " << i);
    });
}

TEST_CASE("two runtimes run side by side, also started from two threads", "[runtime][thread][C45][B7]") {
    with_workers([](weft::runtime_options options) {
        auto const busy = [&](int value) {
            return weft::run(
                [value] {
                    int sum = 0;
                    for (int i = 0; i != 200; ++i) sum += weft::spawn([value] { return value; }).join();
                    return sum;
                },
                options);
        };
        int first = 0, second = 0;
        std::thread one([&] { first = busy(1); }), two([&] { second = busy(2); });
        CHECK(busy(3) == 600);
        one.join(), two.join();
        CHECK(first == 200);
        CHECK(second == 400);

        weft::runtime a(options), b(options);
        auto in_a = a.spawn([] { return 1; });
        auto in_b = b.spawn([&a] { return a.run([] { return 2; }); });
        CHECK(in_a.join() + in_b.join() == 3);
    });
}

TEST_CASE("a fiber of one runtime joins a fiber of another", "[runtime][C45]") {
    with_workers([](weft::runtime_options options) {
        weft::runtime a(options), b(options);
        std::atomic<bool> open = false;
        auto inner = a.spawn([&] {
            weft_test::yield_until([&] { return open.load(); });
            return 4;
        });
        auto outer = b.spawn([&] { return inner.join(); });
        weft_test::until_parked(1);
        open = true;
        CHECK(outer.join() == 4);
    });
}

TEST_CASE("a nested run is a join", "[runtime][C45]") {
    with_workers([](weft::runtime_options options) {
        int const result = weft::run(
            [&] {
                std::atomic<bool> other_ran = false;
                auto other = weft::spawn([&] { other_ran = true; });
                // With one outer worker this only ends if the waiting caller frees it.
                int const inner = weft::run(
                    [&] {
                        weft_test::yield_until([&] { return other_ran.load(); });
                        return weft::run([] { return 1; }, {.workers = 1}) + 1;
                    },
                    options);
                other.join();
                return inner + 1;
            },
            options);
        CHECK(result == 3);
    });
}

TEST_CASE("a thread that is not in a runtime cannot start fibers", "[runtime][thread]") {
    auto const nothing = [] {};
    CHECK_THROWS_AS(weft::go(nothing), weft::runtime_stopped);
    CHECK_THROWS_AS(weft::spawn(nothing), weft::runtime_stopped);
    CHECK_THROWS_AS(weft::spawn([](int) {}, 1), weft::runtime_stopped);
    CHECK_THROWS_AS(weft::spawn({.name = "nowhere"}, nothing), weft::runtime_stopped);
}

TEST_CASE("a fiber outlives its runtime as a result", "[runtime][fiber]") {
    with_workers([](weft::runtime_options options) {
        weft::fiber<std::unique_ptr<int>> finished;
        weft::fiber<int> unfinished, failed;
        weft::run(
            [&] {
                finished = weft::spawn([] { return std::make_unique<int>(8); });
                failed = weft::spawn([]() -> int { throw std::runtime_error("failed"); });
                unfinished = weft::spawn([] {
                    weft::this_fiber::sleep_for(std::chrono::hours(1));
                    return 1;
                });
                weft_test::yield_until(
                    [&] { return finished.join_until(weft::clock::now()) && failed.join_until(weft::clock::now()); });
            },
            options);
        CHECK(*finished.join() == 8);
        CHECK_THROWS_AS(failed.join(), std::runtime_error);
        CHECK(unfinished.joinable());
        bool stopped = false;
        try {
            unfinished.join();
        } catch (weft::cancelled const&) {
            stopped = true;
        } catch (weft::runtime_stopped const&) {
            stopped = true;
        }
        CHECK(stopped);
    });
}

TEST_CASE("workers default to the processors this process may use", "[runtime][options]") {
    weft_test::supervised guard("default workers");
    weft::runtime rt;
    CHECK(rt.workers() >= 1);
    CHECK(rt.workers() <= std::thread::hardware_concurrency());
}
