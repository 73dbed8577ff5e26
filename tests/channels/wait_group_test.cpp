// wait_group: counting, waiting, misuse.

#include <array>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>
#include <weft/go.hpp>
#include <weft/wait_group.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a wait_group at zero does not wait", "[wait_group]") {
    in_fibers([] {
        weft::wait_group group;
        group.wait();
        group.add();
        group.done();
        group.wait();
    });
}

TEST_CASE("a wait_group lets all waiters through when it reaches zero, and can be used again", "[wait_group][C33]") {
    in_fibers([] {
        weft::wait_group group;
        for (int round = 0; round != 3; ++round) {
            group.add(2);
            std::vector<weft::fiber<>> waiters;
            for (int i = 0; i != 5; ++i) waiters.push_back(weft::spawn([&] { group.wait(); }));
            until_parked(5);
            group.done();
            weft_test::let_others_run();
            CHECK_FALSE(waiters.front().join_for(0ms));
            group.done();
            for (auto& waiter : waiters) waiter.join();
        }
    });
}

TEST_CASE("wait_group::go counts its fiber", "[wait_group][C33]") {
    in_fibers([] {
        weft::wait_group group;
        std::array<int, 20> results{};
        for (int& result : results) group.go([&] { result = 1; });
        group.wait();
        int sum = 0;
        for (int result : results) sum += result;
        CHECK(sum == 20);
    });
}

TEST_CASE("a timed wait for a wait_group says whether it was at zero", "[wait_group]") {
    in_fibers([] {
        weft::wait_group group;
        CHECK(group.wait_for(0ms));
        group.add();
        CHECK_FALSE(group.wait_for(0ms));
        CHECK_FALSE(group.wait_for(1ms));
        CHECK_FALSE(group.wait_until(weft::clock::now() - 1s));
        auto waiter = weft::spawn([&] { return group.wait_for(1h); });
        until_parked(1);
        group.done();
        CHECK(waiter.join());
    });
}

TEST_CASE("threads wait for the work of fibers", "[wait_group][thread][C33]") {
    weft_test::with_workers([](weft::runtime_options options) {
        weft::wait_group group;
        int written = 0, seen = 0;
        group.add();
        std::thread waiter([&] {
            group.wait();
            seen = written;
        });
        weft::run(
            [&] {
                written = 7;
                group.done();
            },
            options);
        waiter.join();
        CHECK(seen == 7);
    });
}

namespace {

child const below_zero{"a wait_group below zero", [] {
                           weft::run([] {
                               weft::wait_group group;
                               weft::fiber<> misuser = weft::spawn({.name = "miscounter"}, [&] { group.done(); });
                               misuser.join();
                           });
                           return 0;
                       }};

child const destroyed_counting{"destroy a wait_group above zero", [] {
                                   weft::run([] {
                                       weft::wait_group group;
                                       group.add();
                                   });
                                   return 0;
                               }};

}  // namespace

TEST_CASE("misuse of a wait_group stops the program and says why and where", "[wait_group][child]") {
    auto const done = below_zero.run();
    CHECK(done.signal == SIGABRT);
    CHECK(done.says("wait_group"));
    CHECK(done.says("miscounter"));

    auto const destroy = destroyed_counting.run();
    CHECK(destroy.signal == SIGABRT);
    CHECK(destroy.says("wait_group"));
}
