// mutex and wait_group.

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <mutex>
#include <vector>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/sync.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a mutex admits one at a time", "[sync][C31]") {
    in_fibers([] {
        weft::mutex mutex;
        int inside = 0, most = 0;
        std::vector<weft::fiber<>> fibers;
        for (int f = 0; f != 8; ++f)
            fibers.push_back(weft::spawn([&] {
                for (int i = 0; i != 200; ++i) {
                    std::lock_guard lock(mutex);
                    most = std::max(most, ++inside);
                    if (i % 8 == 0) weft::this_fiber::yield();
                    --inside;
                }
            }));
        for (auto& fiber : fibers) fiber.join();
        CHECK(most == 1);
        CHECK(inside == 0);
    });
}

TEST_CASE("try_lock tells whether it locked", "[sync]") {
    in_fibers([] {
        weft::mutex mutex;
        CHECK(mutex.try_lock());
        auto other = weft::spawn([&] { return mutex.try_lock(); });
        CHECK_FALSE(other.join());
        mutex.unlock();
        std::unique_lock lock(mutex, std::try_to_lock);
        CHECK(lock.owns_lock());
    });
}

TEST_CASE("a mutex may be unlocked by the fiber that migrated", "[sync]") {
    in_fibers([] {
        weft::mutex mutex;
        std::lock_guard lock(mutex);
        weft_test::let_others_run();
        auto sleeper = weft::spawn([] { weft::this_fiber::sleep_for(1ms); });
        sleeper.join();
    });
}

TEST_CASE("waiting for a mutex is not an interruption point", "[sync][cancel][C39]") {
    in_fibers([] {
        weft::mutex mutex;
        mutex.lock();
        auto waiter = weft::spawn([&] {
            std::lock_guard lock(mutex);
            return 1;
        });
        until_parked(1);
        waiter.cancel();
        weft_test::let_others_run();
        CHECK_FALSE(waiter.join_for(0ms));
        mutex.unlock();
        CHECK(waiter.join() == 1);  // it got the lock and met no point that throws
    });
}

TEST_CASE("a wait_group at zero does not wait", "[sync]") {
    in_fibers([] {
        weft::wait_group group;
        group.wait();
        group.add();
        group.done();
        group.wait();
    });
}

TEST_CASE("a wait_group lets all waiters through when it reaches zero, and can be used again", "[sync][C33]") {
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

TEST_CASE("wait_group::go counts its fiber", "[sync][C33]") {
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

namespace {

child const unlocked_twice{"unlock an unlocked mutex", [] {
                               weft::run([] {
                                   weft::mutex mutex;
                                   mutex.unlock();
                               });
                               return 0;
                           }};

child const destroyed_locked{"destroy a locked mutex", [] {
                                 weft::run([] {
                                     weft::mutex mutex;
                                     mutex.lock();
                                 });
                                 return 0;
                             }};

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

TEST_CASE("misuse of a lock stops the program and says why", "[sync][child]") {
    auto const unlock = unlocked_twice.run();
    CHECK(unlock.signal == SIGABRT);
    CHECK(unlock.says("mutex"));
    CHECK(unlock.says("unlock"));

    auto const destroy = destroyed_locked.run();
    CHECK(destroy.signal == SIGABRT);
    CHECK(destroy.says("mutex"));
    CHECK(destroy.says("locked"));
}

TEST_CASE("misuse of a wait_group stops the program and says why and where", "[sync][child]") {
    auto const done = below_zero.run();
    CHECK(done.signal == SIGABRT);
    CHECK(done.says("wait_group"));
    CHECK(done.says("miscounter"));

    auto const destroy = destroyed_counting.run();
    CHECK(destroy.signal == SIGABRT);
    CHECK(destroy.says("wait_group"));
}
