// timed_mutex: what the deadline adds to a mutex.

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>
#include <weft/go.hpp>
#include <weft/timed_mutex.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;

TEST_CASE("a timed lock gives up at its deadline, and not before", "[timed_mutex]") {
    in_fibers([] {
        weft::timed_mutex mutex;
        std::lock_guard lock(mutex);
        auto const start = weft::clock::now();
        auto waiter = weft::spawn([&] { return mutex.try_lock_for(5ms); });
        CHECK_FALSE(waiter.join());
        CHECK(weft::clock::now() - start >= 5ms);
        auto late = weft::spawn([&] { return mutex.try_lock_until(weft::clock::now() - 1s); });
        CHECK_FALSE(late.join());
    });
}

TEST_CASE("a timed lock takes what is free, whatever the deadline", "[timed_mutex]") {
    in_fibers([] {
        weft::timed_mutex mutex;
        CHECK(mutex.try_lock_until(weft::clock::time_point::min()));
        mutex.unlock();
        std::unique_lock lock(mutex, 1h);
        CHECK(lock.owns_lock());
    });
}

TEST_CASE("a timed waiter that leaves passes nothing on and takes nothing with it", "[timed_mutex]") {
    in_fibers([] {
        weft::timed_mutex mutex;
        mutex.lock();
        auto impatient = weft::spawn([&] { return mutex.try_lock_for(1ms); });
        auto patient = weft::spawn([&] {
            std::lock_guard lock(mutex);
            return true;
        });
        CHECK_FALSE(impatient.join());
        mutex.unlock();
        CHECK(patient.join());
        CHECK(mutex.try_lock());  // nobody is left behind in the queue
        mutex.unlock();
    });
}

TEST_CASE("a timed lock ignores cancellation", "[timed_mutex][cancel][C39]") {
    in_fibers([] {
        weft::timed_mutex mutex;
        mutex.lock();
        auto waiter = weft::spawn([&] {
            bool const locked = mutex.try_lock_for(1h);
            if (locked) mutex.unlock();
            return locked;
        });
        until_parked(1);
        waiter.cancel();
        weft_test::let_others_run();
        CHECK_FALSE(waiter.join_for(0ms));
        mutex.unlock();
        CHECK(waiter.join());
    });
}

TEST_CASE("deadlines that race with unlocks lose no lock", "[timed_mutex][thread][C31]") {
    with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(4'000, 2'000, 500);
        weft::timed_mutex mutex;
        long counter = 0;
        auto const work = [&] {
            long locked = 0;
            for (int i = 0; i != rounds; ++i) {
                if (!mutex.try_lock_for(std::chrono::microseconds(i % 50))) continue;
                ++counter;
                ++locked;
                if (i % 4 == 0) weft::this_fiber::yield();
                mutex.unlock();
            }
            return locked;
        };
        long by_thread = 0, by_fibers = 0;
        std::thread thread([&] { by_thread = work(); });
        weft::run(
            [&] {
                std::vector<weft::fiber<long>> fibers;
                for (int f = 0; f != 4; ++f) fibers.push_back(weft::spawn(work));
                for (auto& fiber : fibers) by_fibers += fiber.join();
            },
            options);
        thread.join();
        CHECK(counter == by_thread + by_fibers);
        CHECK(mutex.try_lock());
        mutex.unlock();
    });
}
