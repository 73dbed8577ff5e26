// mutex: exclusion, fairness, misuse.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>
#include <weft/go.hpp>
#include <weft/mutex.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;

TEST_CASE("a mutex admits one at a time", "[mutex][C31]") {
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

TEST_CASE("try_lock tells whether it locked", "[mutex]") {
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

TEST_CASE("a mutex may be unlocked by the fiber that migrated", "[mutex]") {
    in_fibers([] {
        weft::mutex mutex;
        std::lock_guard lock(mutex);
        weft_test::let_others_run();
        auto sleeper = weft::spawn([] { weft::this_fiber::sleep_for(1ms); });
        sleeper.join();
    });
}

TEST_CASE("waiting for a mutex is not an interruption point", "[mutex][cancel][C39]") {
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

TEST_CASE("a waiter that starves is handed the lock, however busy the others are with it", "[mutex][C31]") {
    in_fibers([] {
        weft::mutex mutex;
        std::atomic<bool> stop = false;
        std::vector<weft::fiber<>> greedy;
        for (int i = 0; i != 2; ++i)
            greedy.push_back(weft::spawn([&] {
                while (!stop) {
                    std::lock_guard lock(mutex);
                    weft::this_fiber::sleep_for(100us);  // never free but for an instant
                }
            }));
        // Without the hand-over each of these could wait for ever: whoever unlocks locks again before a woken one has run.
        for (int i = 0; i != 5; ++i) {
            std::lock_guard lock(mutex);
            weft::this_fiber::yield();
        }
        stop = true;
        for (auto& fiber : greedy) fiber.join();
    });
}

TEST_CASE("fibers and threads exclude each other by one mutex", "[mutex][thread][C31]") {
    with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(20'000, 10'000, 2'000);
        weft::mutex mutex;
        long counter = 0;
        auto const work = [&] {
            for (int i = 0; i != rounds; ++i) {
                std::lock_guard lock(mutex);
                ++counter;
            }
        };
        std::thread one(work), other(work);
        weft::run(
            [&] {
                std::vector<weft::fiber<>> fibers;
                for (int f = 0; f != 3; ++f) fibers.push_back(weft::spawn(work));
                for (auto& fiber : fibers) fiber.join();
            },
            options);
        one.join();
        other.join();
        CHECK(counter == 5L * rounds);
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

}  // namespace

TEST_CASE("misuse of a lock stops the program and says why", "[mutex][child]") {
    auto const unlock = unlocked_twice.run();
    CHECK(unlock.signal == SIGABRT);
    CHECK(unlock.says("mutex"));
    CHECK(unlock.says("unlock"));

    auto const destroy = destroyed_locked.run();
    CHECK(destroy.signal == SIGABRT);
    CHECK(destroy.says("mutex"));
    CHECK(destroy.says("locked"));
}
