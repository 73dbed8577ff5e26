// The end of a runtime: who is left is cancelled, unwound and joined; who does not end is named.

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <thread>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::child_end;
using weft_test::counted;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;

TEST_CASE("when the main fiber returns the rest is unwound and joined", "[shutdown][C39]") {
    with_workers([](weft::runtime_options options) {
        int unwound = 0;  // plain: the end of run is the edge
        std::atomic<int> cancelled = 0;
        weft::run(
            [&] {
                for (int i = 0; i != 20; ++i)
                    weft::go([&cancelled, held = counted(i)] {
                        try {
                            counted const local(held.value());
                            weft::this_fiber::sleep_for(1h);
                        } catch (weft::cancelled const&) {
                            ++cancelled;
                            throw;
                        }
                    });
                weft::spawn([&] {
                    try {
                        weft::this_fiber::sleep_for(1h);
                    } catch (weft::cancelled const&) {
                        unwound = 1;
                    }
                }).detach();
                until_parked(21);
            },
            options);
        CHECK(cancelled == 20);
        CHECK(unwound == 1);
        CHECK(counted::live() == 0);
    });
}

TEST_CASE("a fiber that was never run is ended too", "[shutdown][C39]") {
    with_workers([](weft::runtime_options options) {
        for (int round = 0; round != 50; ++round) {
            weft::run(
                [] {
                    for (int i = 0; i != 50; ++i) weft::go([held = counted(i)] { weft::this_fiber::sleep_for(1h); });
                },
                options);
            if (counted::live() != 0) FAIL(counted::live() << " callables are left");
        }
    });
}

TEST_CASE("cleanup may still start fibers, sleep and block", "[shutdown][C39]") {
    with_workers([](weft::runtime_options options) {
        struct cleanup {
            std::atomic<int>& done;
            ~cleanup() {
                weft::this_fiber::sleep_for(1ms);
                done += weft::blocking([] { return 1; });
                weft::this_fiber::yield();
                ++done;
            }
        };
        std::atomic<int> done = 0;
        weft::run(
            [&] {
                for (int i = 0; i != 10; ++i)
                    weft::go([&] {
                        cleanup const at_end{done};
                        weft::this_fiber::sleep_for(1h);
                    });
                until_parked(10);
            },
            options);
        CHECK(done == 20);
    });
}

TEST_CASE("a family is unwound from the leaves up", "[shutdown][C39]") {
    with_workers([](weft::runtime_options options) {
        struct family {
            static void live(int depth, std::atomic<int>& alive) {
                struct count {
                    std::atomic<int>& alive;
                    explicit count(std::atomic<int>& a) : alive(a) { ++alive; }
                    ~count() { --alive; }
                } const self(alive);
                if (depth == 0) weft::this_fiber::sleep_for(1h);
                std::vector<weft::fiber<>> children;
                for (int i = 0; i != 2; ++i) children.push_back(weft::spawn(live, depth - 1, std::ref(alive)));
                for (auto& child : children) child.join();
            }
        };
        std::atomic<int> alive = 0;
        weft::run(
            [&] {
                weft::go(family::live, 4, std::ref(alive));
                weft_test::yield_until([&] { return alive == 31; });
            },
            options);
        CHECK(alive == 0);
    });
}

TEST_CASE("an exception of the main fiber ends the others first", "[shutdown][C39]") {
    with_workers([](weft::runtime_options options) {
        std::atomic<bool> unwound = false;
        CHECK_THROWS_AS(weft::run(
                            [&] {
                                weft::go([&] {
                                    try {
                                        weft::this_fiber::sleep_for(1h);
                                    } catch (weft::cancelled const&) {
                                        unwound = true;
                                    }
                                });
                                until_parked(1);
                                throw 1;
                            },
                            options),
                        int);
        CHECK(unwound);
    });
}

TEST_CASE("the destructor of a runtime ends its fibers", "[shutdown][C39]") {
    with_workers([](weft::runtime_options options) {
        std::atomic<int> unwound = 0;
        {
            weft::runtime rt(options);
            for (int i = 0; i != 5; ++i)
                rt.go([&] {
                    try {
                        weft::this_fiber::sleep_for(1h);
                    } catch (weft::cancelled const&) {
                        ++unwound;
                    }
                });
            rt.run([] { until_parked(5); });
        }
        CHECK(unwound == 5);
    });
}

TEST_CASE("shutdown races with the last wake-ups", "[shutdown][bug][C39][B9]") {  // Boost.Fiber #260
    with_workers([](weft::runtime_options options) {
        for (int round = 0; round != weft_test::sized(300, 150, 40); ++round)
            weft::run(
                [round] {
                    for (int i = 0; i != 8; ++i)
                        weft::go([i] { weft::this_fiber::sleep_for(std::chrono::microseconds(i * 10)); });
                    if (round % 2 == 0) weft::this_fiber::sleep_for(40us);
                },
                options);
    });
}

TEST_CASE("a cancellation never ends the program", "[shutdown][cancel][C39]") {
    in_fibers([] {
        auto fiber = weft::spawn([] { weft::this_fiber::sleep_for(1h); });
        until_parked(1);
        fiber.cancel();
        fiber.detach();  // what escapes it now has nobody to go to
        weft::go([] { throw weft::cancelled(); });
        weft_test::yield_until([] { return weft::detail::live_fibers() == 1; });
    });
}

namespace {

void ignore_cancellation() {
    weft::this_fiber::shield const shield;
    weft::this_fiber::sleep_for(1h);
}

int end_with_a_straggler(weft::straggler_action action) {
    weft::runtime_options options;
    options.workers = 2;
    options.shutdown_grace = 100ms;
    options.stragglers = action;
    weft::run(
        [] {
            weft::go({.name = "stubborn"}, ignore_cancellation);
            weft_test::until_parked(1);
        },
        options);
    return 7;
}

child const straggler_abort{"shutdown: a straggler",
                            [] { return end_with_a_straggler(weft::straggler_action::abort); }};
child const straggler_leak{"shutdown: a straggler is leaked",
                           [] { return end_with_a_straggler(weft::straggler_action::leak); }};

child const straggler_that_spins{"shutdown: a fiber that never waits", [] {
                                     weft::runtime_options options;
                                     options.workers = 2;
                                     options.shutdown_grace = 100ms;
                                     weft::run(
                                         [] {
                                             std::atomic<bool> started = false;
                                             weft::go({.name = "spinner"}, [&started] {
                                                 started = true;
                                                 for (;;) std::this_thread::yield();
                                             });
                                             weft_test::yield_until([&] { return started.load(); });
                                         },
                                         options);
                                     return 7;
                                 }};

child const patient{"shutdown: within the grace period", [] {
                        weft::runtime_options options;
                        options.shutdown_grace = 60s;
                        static std::atomic<bool> woke = false;
                        weft::run(
                            [] {
                                weft::go([] {
                                    weft::this_fiber::shield const shield;
                                    weft::this_fiber::sleep_for(200ms);
                                    woke = true;
                                });
                                weft_test::yield_until([] { return weft::detail::parked_fibers() == 1 || woke; });
                            },
                            options);
                        return 7;
                    }};

}  // namespace

TEST_CASE("who does not end in time is named, with where it waits, and the process ends",
          "[shutdown][child][options][C39]") {
    child_end const sleeping = straggler_abort.run();
    INFO(sleeping.err);
    CHECK(sleeping.signal == SIGABRT);
    CHECK(sleeping.says("stubborn"));
    CHECK(sleeping.says("sleep"));
    CHECK(sleeping.says("shutdown_test.cpp:"));

    child_end const spinning = straggler_that_spins.run();
    INFO(spinning.err);
    CHECK(spinning.signal == SIGABRT);
    CHECK(spinning.says("spinner"));
}

TEST_CASE("stragglers may be leaked", "[shutdown][child][options][C39]") {
    child_end const end = straggler_leak.run();
    INFO(end.err);
    CHECK(end.exit_status == 7);
    // Once: the end of `run` names them, and `~runtime` neither waits nor reports again.
    auto const named = end.err.find("stubborn");
    REQUIRE(named != std::string::npos);
    CHECK(end.err.find("stubborn", named + 1) == std::string::npos);
}

TEST_CASE("the grace period is waited for", "[shutdown][child][options][C39]") {
    CHECK(patient.run().exit_status == 7);
    child_end const hurried = patient.run({"WEFT_SHUTDOWN_GRACE=1"});
    CHECK(hurried.signal == SIGABRT);
}
