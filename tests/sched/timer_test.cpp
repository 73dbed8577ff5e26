// Sleeping.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>
#include <weft/clock.hpp>
#include <weft/detail/diagnostics.hpp>
#include <weft/detail/timers.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace std::chrono_literals;
using weft_test::in_fibers;
using weft_test::until_parked;

static_assert(std::is_same_v<weft::clock::time_point, std::chrono::steady_clock::time_point> && weft::clock::is_steady);
static_assert(noexcept(weft::clock::now()));

TEST_CASE("nobody wakes early", "[timer][C35]") {
    std::uint64_t const seed = weft_test::seed_of("nobody wakes early");
    in_fibers([seed] {
        weft_test::engine dice(seed);
        std::vector<weft::fiber<bool>> sleepers;
        for (int i = 0; i != 200; ++i)
            sleepers.push_back(weft::spawn([span = std::chrono::microseconds(weft_test::below(dice, 20'000)), i] {
                auto const start = weft::clock::now();
                if (i % 2 == 0)
                    weft::this_fiber::sleep_for(span);
                else
                    weft::this_fiber::sleep_until(start + span);
                return weft::clock::now() >= start + span;
            }));
        for (auto& sleeper : sleepers) CHECK(sleeper.join());
    });
}

TEST_CASE("sleeping for nothing or less returns at once", "[timer][C38]") {
    in_fibers([] {
        weft::this_fiber::sleep_for(0s);
        weft::this_fiber::sleep_for(-1h);
        weft::this_fiber::sleep_for(std::chrono::hours::min());
        weft::this_fiber::sleep_until(weft::clock::now() - 1h);
        weft::this_fiber::sleep_until(weft::clock::time_point::min());
        CHECK(weft::detail::live_timers() == 0);
    });
}

TEST_CASE("a sleep without end saturates and can be cancelled", "[timer][C35]") {
    in_fibers([] {
        std::vector<weft::fiber<>> sleepers;
        sleepers.push_back(weft::spawn([] { weft::this_fiber::sleep_for(std::chrono::hours::max()); }));
        sleepers.push_back(weft::spawn([] { weft::this_fiber::sleep_for(std::chrono::duration<double>(1e300)); }));
        sleepers.push_back(weft::spawn([] { weft::this_fiber::sleep_until(weft::clock::time_point::max()); }));
        until_parked(3);
        weft_test::let_others_run();
        for (auto& sleeper : sleepers) {
            CHECK_FALSE(sleeper.join_for(0s));
            sleeper.cancel();
            CHECK_THROWS_AS(sleeper.join(), weft::cancelled);
        }
    });
}

TEST_CASE("sleepers wake in the order of their deadlines", "[timer]") {
    weft_test::supervised guard("1 worker");
    weft::run(
        [] {
            std::vector<int> order;  // plain: there is one worker
            bool in_time = false;
            while (!in_time) {  // an attempt counts if all were asleep before the first deadline
                order.clear();
                auto const start = weft::clock::now() + 10ms;
                std::vector<weft::fiber<>> sleepers;
                for (int const turn : {3, 0, 4, 1, 2})
                    sleepers.push_back(weft::spawn([&, turn] {
                        weft::this_fiber::sleep_until(start + turn * 1ms);
                        order.push_back(turn);
                    }));
                weft_test::yield_until(
                    [&] { return weft::detail::parked_fibers() == 5 || weft::clock::now() >= start; });
                in_time = weft::clock::now() < start;
                for (auto& sleeper : sleepers) sleeper.join();
            }
            CHECK(order == std::vector{0, 1, 2, 3, 4});
        },
        {.workers = 1});
    guard.check_nothing_left();
}

TEST_CASE("a plain thread can sleep", "[timer][thread]") {
    auto const start = weft::clock::now();
    weft::this_fiber::sleep_for(2ms);
    weft::this_fiber::sleep_until(start + 3ms);
    CHECK(weft::clock::now() - start >= 3ms);
    weft::this_fiber::sleep_for(-1s);
}

TEST_CASE("abandoned timers cost nothing", "[timer][C38]") {
    in_fibers([] {
        for (int round = 0; round != weft_test::sized(100, 50, 10); ++round) {
            std::vector<weft::fiber<>> sleepers;
            for (int i = 0; i != 100; ++i) sleepers.push_back(weft::spawn([] { weft::this_fiber::sleep_for(1h); }));
            until_parked(100);
            for (auto& sleeper : sleepers) sleeper.cancel();
            sleepers.clear();
            if (weft::detail::live_timers() != 0) FAIL(weft::detail::live_timers() << " timers are still armed");
        }
    });
}

TEST_CASE("a timer fires although the worker that armed it is stuck", "[timer][bug][B14]") {  // Silk #88
    if (weft_test::forced_migration) return;  // binds the sleeper to the very worker that is stuck
    for (unsigned const workers : {2u, 8u}) {
        weft_test::supervised guard(std::to_string(workers) + " workers");
        weft::run(
            [] {
                for (int round = 0; round != 5; ++round) {
                    std::atomic<bool> woken = false;
                    auto sleeper = weft::spawn([&] {
                        weft::this_fiber::sleep_for(1ms);
                        woken = true;
                    });
                    auto hog = weft::spawn([&] {
                        while (!woken) std::this_thread::yield();  // never lets go of its worker
                    });
                    sleeper.join();
                    hog.join();
                }
            },
            {.workers = workers});
        guard.check_nothing_left();
    }
}

TEST_CASE("a stop that comes too late does not hide the timers that are armed", "[timer][thread]") {
    auto& queue = weft::detail::timer_queue::take();
    auto const stopped = queue.arm(weft::clock::now() + 1h, {}, 0);
    CHECK(queue.has_armed());
    CHECK(weft::detail::timer_queue::stop(stopped));
    CHECK_FALSE(queue.has_armed());

    auto const armed = queue.arm(weft::clock::now() + 1h, {}, 0);
    std::atomic<bool> enough = false;
    std::thread late([&] {
        while (!enough) weft::detail::timer_queue::stop(stopped);
    });
    bool hidden = false;
    for (int i = 0; i != weft_test::sized(100'000, 20'000, 2'000); ++i) hidden = hidden || !queue.has_armed();
    enough = true;
    late.join();
    CHECK_FALSE(hidden);
    CHECK(weft::detail::timer_queue::stop(armed));
    weft::detail::timer_queue::retire(queue, 0);
}
