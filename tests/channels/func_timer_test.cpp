// after_func: a function at a time, in a fiber of its own.

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <weft/chan.hpp>
#include <weft/defer.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/time.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::clock;
using weft_test::child;
using weft_test::counted;
using weft_test::in_fibers;
using weft_test::with_workers;

TEST_CASE("after_func calls its function in another fiber, not before its time", "[func_timer][C35][C37]") {
    in_fibers([] {
        for (auto const d : {-1'000'000'000ns, 0ns, 2'000'000ns}) {
            auto const ran = weft::make_chan<std::pair<clock::time_point, weft::fiber_id>>();
            auto const start = clock::now();
            weft::after_func(d, [ran] { ran.send({clock::now(), weft::this_fiber::get_id()}); });
            auto const [when, who] = *ran.recv();
            CHECK(when >= start + d);
            CHECK(who != weft::this_fiber::get_id());
            CHECK(who != 0);
        }
    });
}

TEST_CASE("a stopped after_func does not call, and stop says whether it came in time", "[func_timer][C37]") {
    in_fibers([] {
        std::atomic<int> calls = 0;
        auto timer = weft::after_func(1h, [&] { ++calls; });
        CHECK(timer.stop());
        CHECK_FALSE(timer.stop());
        CHECK(weft::detail::live_timers() == 0);

        auto const begun = weft::make_chan<weft::unit>(), go_on = weft::make_chan<weft::unit>();
        auto started = weft::after_func(0s, [=, &calls] {
            begun.send({});
            go_on.recv();
            ++calls;
        });
        begun.recv();
        CHECK_FALSE(started.stop());  // started, and not finished
        CHECK(calls == 0);
        go_on.send({});
        weft_test::yield_until([&] { return calls == 1; });
    });
}

TEST_CASE("a reset after_func calls at the new time only, and again if it has called", "[func_timer][C34]") {
    in_fibers([] {
        auto const calls = weft::make_chan<clock::time_point>(10);
        auto timer = weft::after_func(1h, [calls] { calls.send(clock::now()); });
        auto const start = clock::now();
        CHECK(timer.reset(2ms));
        CHECK(*calls.recv() >= start + 2ms);
        CHECK_FALSE(timer.reset(0s));
        CHECK(calls.recv().has_value());
        CHECK_FALSE(timer.reset(1h));
        CHECK(timer.reset(1h));
        CHECK(timer.stop());
        CHECK(calls.size() == 0);
    });
}

TEST_CASE("dropping the handle of an after_func does not stop it", "[func_timer]") {
    in_fibers([] {
        auto const ran = weft::make_chan<int>();
        {
            auto const dropped = weft::after_func(1ms, [ran] { ran.send(1); });
        }
        CHECK(ran.recv() == 1);

        auto moved = weft::after_func(1h, [] {});
        auto timer = std::move(moved);
        CHECK_FALSE(moved.stop());  // NOLINT(bugprone-use-after-move): what it does then is what is tested
        CHECK_THROWS_AS(moved.reset(1s), std::system_error);
        CHECK(timer.stop());
    });
}

TEST_CASE("what an after_func holds is destroyed with its last reference", "[func_timer][C9]") {
    in_fibers([] {
        auto const done = weft::make_chan<weft::unit>();
        {
            auto timer = weft::after_func(1h, [object = counted(1)] { static_cast<void>(object); });
            CHECK(counted::live() == 1);
            timer.stop();
            CHECK(counted::live() == 1);  // it can still be reset
        }
        CHECK(counted::live() == 0);
        weft::after_func(0s, [object = counted(1), done] { done.send({}); });
        done.recv();
        weft_test::yield_until([] { return counted::live() == 0; });
    });
}

TEST_CASE("an after_func that is still to come goes with its runtime, and its handle may stay",
          "[func_timer][shutdown]") {
    with_workers([](weft::runtime_options options) {
        std::atomic<int> calls = 0;
        std::optional<weft::func_timer> kept;
        weft::run(
            [&] {
                kept.emplace(weft::after_func(1h, [&, object = counted(1)] { calls += object.value(); }));
                weft::after_func(1h, [object = counted(1)] { static_cast<void>(object); });
            },
            options);
        CHECK(counted::live() == 1);
        CHECK_FALSE(kept->stop());
        CHECK_THROWS_AS(kept->reset(0s), weft::runtime_stopped);
        weft::run(
            [&] {
                CHECK_FALSE(kept->reset(0s));
                weft_test::yield_until([&] { return calls == 1; });
            },
            options);
        kept.reset();
        CHECK(counted::live() == 0);
    });
}

TEST_CASE("an after_func that fires as its runtime ends is seen off or forgotten", "[func_timer][shutdown]") {
    with_workers([](weft::runtime_options options) {
        for (int i = 0; i != weft_test::sized(100, 50, 10); ++i) {
            std::atomic<int> begun = 0, ended = 0;
            weft::run(
                [&] {
                    for (int after = 0; after != 10; ++after)
                        weft::after_func(std::chrono::microseconds(50 + 10 * after), [&] {
                            ++begun;
                            weft::defer const at_end([&] { ++ended; });
                            weft::this_fiber::sleep_for(1h);
                        });
                    auto const until = clock::now() + 100us;
                    while (clock::now() < until) {}
                },
                options);
            if (begun != ended) FAIL(begun - ended << " of " << begun << " fibers were left");
        }
    });
}

TEST_CASE("after_func needs a fiber to be called in", "[func_timer][thread]") {
    CHECK_THROWS_AS(weft::after_func(1s, [] {}), weft::runtime_stopped);
}

TEST_CASE("a thread may stop an after_func while its runtime fires it or ends", "[func_timer][thread]") {
    with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(200, 100, 30);
        for (int round = 0; round != rounds; ++round) {
            std::atomic<int> calls = 0, stopped = 0;
            std::optional<weft::func_timer> timer;
            std::atomic<bool> armed = false;
            std::thread stopper([&] {
                while (!armed) std::this_thread::yield();
                if (timer->stop()) ++stopped;
            });
            weft::run(
                [&] {
                    timer.emplace(weft::after_func(std::chrono::microseconds(round % 50), [&] { ++calls; }));
                    armed = true;
                    if (round % 3 != 0) weft::this_fiber::sleep_for(std::chrono::microseconds(round % 30));
                },
                options);
            stopper.join();
            CHECK(calls + stopped <= 1);
        }
    });
}

TEST_CASE("stops and resets that race with firing call the function as often as they say", "[func_timer][C34][C37]") {
    in_fibers([] {
        constexpr int rounds = weft_test::sized(2'000, 1'000, 200);
        std::atomic<int> calls = 0;
        auto timer = weft::after_func(1h, [&] { ++calls; });
        int fired = 0;
        for (int i = 0; i != rounds; ++i) {
            // False: the last time has come, and its call counts.
            if (!timer.reset(std::chrono::microseconds(i % 20))) ++fired;
            if (i % 4 == 0) weft::this_fiber::yield();
        }
        if (!timer.stop()) ++fired;
        weft_test::yield_until([&] { return calls >= fired; });
        weft_test::let_others_run();
        CHECK(calls == fired);
    });
}

TEST_CASE("an after_func waits for a free place under max_fibers", "[func_timer][options]") {
    with_workers([](weft::runtime_options options) {
        options.max_fibers = 2;
        std::atomic<int> calls = 0;
        weft::run(
            [&] {
                auto const go_on = weft::make_chan<weft::unit>();
                auto other = weft::spawn([=] { go_on.recv(); });
                weft::after_func(0s, [&] { ++calls; });
                auto const start = clock::now();
                weft_test::yield_until([start] { return clock::now() > start + 3ms; });
                CHECK(calls == 0);
                go_on.send({});
                other.join();
                weft_test::yield_until([&] { return calls == 1; });
            },
            options);
    });
}

namespace {

unsigned const here = __LINE__;
child const escapes{"an exception escapes an after_func", [] {
                        weft::run([] {
                            weft::after_func(0s, [] { throw std::runtime_error("no way out"); });
                            weft::this_fiber::sleep_for(1h);
                        });
                        return 0;
                    }};

}  // namespace

TEST_CASE("an exception that escapes an after_func names the place of the call", "[func_timer][child][C41]") {
    auto const end = escapes.run();
    CHECK(end.signal == SIGABRT);
    CHECK(end.says("no way out"));
    CHECK(end.says("func_timer_test.cpp:" + std::to_string(here + 3)));
}
