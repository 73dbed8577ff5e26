// What a runtime counts, and what it says about its fibers.

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/detail/budget.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/stats.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::until_parked;

TEST_CASE("a runtime counts what it does", "[runtime][stats]") {
    weft_test::with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        rt.run([&] {
            auto sleeper = weft::spawn([] { weft::this_fiber::sleep_for(1h); });
            until_parked(1);
            do weft::blocking([] {});
            while (rt.stats().wakeups == 0);  // until the call took longer than its worker was awake
            weft::this_fiber::sleep_for(1ms);
            weft::this_fiber::yield();
            weft::runtime_stats const now = rt.stats();
            CHECK(now.workers == options.workers);
            CHECK(now.live_fibers == 2);
            CHECK(now.spawned == 2);
            CHECK(now.dispatches >= 2);
            CHECK(now.parks >= 2);
            CHECK(now.yields >= 1);
            CHECK(now.polls >= 1);
            CHECK(now.timers_fired >= 1);
            CHECK(now.timers_armed == 1);
            CHECK(now.blocking_threads == 1);
            CHECK(now.stacks_live >= 2);
            CHECK(now.stacks_cold >= 1);
        });
        CHECK(rt.stats().live_fibers == 0);
        CHECK(rt.stats().timers_armed == 0);
    });
}

TEST_CASE("yields that the budget asks for are counted apart", "[runtime][stats]") {
    weft_test::with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        rt.run([&] {
            std::uint64_t const before = rt.stats().budget_yields;
            while (rt.stats().budget_yields == before) weft::detail::charge_budget();
            CHECK(rt.stats().yields >= rt.stats().budget_yields);
        });
    });
}

TEST_CASE("stacks that nobody needs are counted as idle", "[runtime][stats]") {
    weft_test::with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        rt.run([&] {
            {
                std::vector<weft::fiber<>> sleepers;
                for (int i = 0; i != 1000; ++i)
                    sleepers.push_back(weft::spawn([] { weft::this_fiber::sleep_for(1h); }));
                until_parked(1000);
                CHECK(rt.stats().stacks_live >= 1000);
            }
            CHECK(rt.stats().stacks_idle >= 1);  // more than the workers keep for themselves, less than a trim takes
        });
    });
}

TEST_CASE("the workers' counters add up to the runtime's", "[runtime][stats]") {
    weft_test::with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        rt.run([&] {
            // Until fibers have moved, if there is anywhere to move to.
            weft_test::yield_until([&] {
                std::vector<weft::fiber<>> fibers;
                for (int i = 0; i != 50; ++i)
                    fibers.push_back(weft::spawn([] {
                        for (int turn = 0; turn != 10; ++turn) weft::this_fiber::yield();
                    }));
                for (auto& fiber : fibers) fiber.join();
                return options.workers == 1 || rt.stats().steals != 0;
            });
        });
        weft::runtime_stats const now = rt.stats();
        CHECK(now.per_worker.size() == now.workers + now.spare_workers);
        weft::worker_stats sum;
        for (weft::worker_stats const& one : now.per_worker) {
            sum.dispatches += one.dispatches;
            sum.steals += one.steals;
            sum.yields += one.yields;
            sum.parks += one.parks;
            sum.polls += one.polls;
            sum.wakeups += one.wakeups;
        }
        CHECK(sum.dispatches == now.dispatches);
        CHECK(sum.dispatches >= 50);
        CHECK(sum.steals == now.steals);
        CHECK(sum.yields == now.yields);
        CHECK(sum.parks == now.parks);
        CHECK(sum.polls == now.polls);
        CHECK(sum.wakeups == now.wakeups);
    });
}

namespace {

std::string dump() {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    std::size_t const count = weft::detail::dump_fibers(ends[1]);
    ::close(ends[1]);
    std::string text = std::to_string(count) + "\n";
    char buffer[4096];
    for (ssize_t got; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(got));
    ::close(ends[0]);
    return text;
}

}  // namespace

TEST_CASE("a dump says who lives, who waits for what, and who started it", "[runtime][stats]") {
    weft_test::in_fibers([] {
        auto sleeper = weft::spawn({.name = "dreamer"}, [] { weft::this_fiber::sleep_for(1h); });
        auto joiner = weft::spawn({.name = "parent"}, [&] { sleeper.join(); });
        until_parked(2);
        std::string const text = dump();
        INFO(text);
        CHECK(text.starts_with("3\n"));
        CHECK(text.find("dreamer") != std::string::npos);
        CHECK(text.find("sleep") != std::string::npos);
        CHECK(text.find("parent") != std::string::npos);
        CHECK(text.find("join") != std::string::npos);
        CHECK(text.find("stats_test.cpp:") != std::string::npos);
        CHECK(text.find("running") != std::string::npos);  // the main fiber
        sleeper.cancel();
        CHECK_THROWS_AS(joiner.join(), weft::cancelled);
    });
}
