// latch: down to zero, once.

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/latch.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a latch opens at zero and stays open", "[latch]") {
    in_fibers([] {
        weft::latch latch(3);
        std::vector<weft::fiber<>> waiters;
        for (int i = 0; i != 4; ++i) waiters.push_back(weft::spawn([&] { latch.wait(); }));
        until_parked(4);
        latch.count_down(2);
        weft_test::let_others_run();
        CHECK_FALSE(latch.try_wait());
        CHECK_FALSE(waiters.front().join_for(0ms));
        CHECK_FALSE(latch.wait_for(1ms));
        latch.count_down();
        for (auto& waiter : waiters) waiter.join();
        CHECK(latch.try_wait());
        CHECK(latch.wait_for(0ms));
        latch.wait();
        latch.count_down(0);
    });
}

TEST_CASE("a latch of zero is open", "[latch]") {
    weft::latch latch(0);
    CHECK(latch.try_wait());
    latch.wait();
}

TEST_CASE("what came before each count_down is visible after the wait", "[latch][thread][C33]") {
    weft_test::with_workers([](weft::runtime_options options) {
        constexpr int fibers = 20;
        weft::latch latch(fibers + 1);
        int written[fibers] = {};
        int sum = 0;
        std::thread waiter([&] {
            latch.arrive_and_wait();
            for (int value : written) sum += value;
        });
        weft::run(
            [&] {
                for (int& value : written)
                    weft::go([&] {
                        value = 1;
                        latch.count_down();
                    });
                latch.wait();
            },
            options);
        waiter.join();
        CHECK(sum == fibers);
    });
}

TEST_CASE("a wait for a latch can be cancelled", "[latch][cancel]") {
    in_fibers([] {
        weft::latch latch(1);
        auto waiter = weft::spawn([&] { latch.wait(); });
        until_parked(1);
        waiter.cancel();
        CHECK_THROWS_AS(waiter.join(), weft::cancelled);
        latch.count_down();
    });
}

namespace {

child const below_zero{"a latch below zero", [] {
                           weft::latch latch(1);
                           latch.count_down(2);
                           return 0;
                       }};
child const destroyed{"destroy a latch under a waiter", [] {
                          weft::run([] {
                              auto latch = std::make_unique<weft::latch>(1);
                              weft::go([&] { latch->wait(); });
                              until_parked(1);
                              latch.reset();
                          });
                          return 0;
                      }};

}  // namespace

TEST_CASE("misuse of a latch is reported", "[latch][child]") {
    CHECK_THROWS_AS(weft::latch(-1), std::invalid_argument);
    for (child const* misuse : {&below_zero, &destroyed}) {
        auto const end = misuse->run();
        CHECK(end.signal == SIGABRT);
        CHECK(end.says("latch"));
    }
}
