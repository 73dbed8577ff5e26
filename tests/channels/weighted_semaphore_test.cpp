// The semaphore of which each takes as much as it needs.

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>
#include <weft/weighted_semaphore.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace std::chrono_literals;
using weft::weighted_semaphore;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a weighted semaphore gives what is free, and no more", "[sync][weighted]") {
    in_fibers([] {
        weighted_semaphore memory(10);
        memory.acquire(3);
        CHECK(memory.try_acquire(7));
        CHECK_FALSE(memory.try_acquire(1));
        CHECK(memory.try_acquire(0));
        CHECK_FALSE(memory.try_acquire_for(1, 1ms));
        memory.release(10);
        CHECK(memory.try_acquire(10));
        memory.release(10);
        CHECK_THROWS_AS(memory.acquire(11), std::invalid_argument);
        CHECK_THROWS_AS(memory.try_acquire(-1), std::invalid_argument);
        CHECK_THROWS_AS(weighted_semaphore(-1), std::invalid_argument);
    });
}

TEST_CASE("who needs much is not overtaken by those who need little", "[sync][weighted][C4]") {
    in_fibers([] {
        weighted_semaphore memory(10);
        memory.acquire(5);
        auto const order = weft::make_chan<int>(2);
        auto big = weft::spawn([&] { memory.acquire(10), order.send(10), memory.release(10); });
        until_parked(1);
        auto small = weft::spawn([&] { memory.acquire(1), order.send(1), memory.release(1); });
        until_parked(2);
        CHECK_FALSE(memory.try_acquire(1));  // five are free, but somebody was first
        memory.release(5);
        big.join(), small.join();
        CHECK(order.recv() == 10);
        CHECK(order.recv() == 1);
    });
}

TEST_CASE("when the one in front gives up, those behind are served", "[sync][weighted][C39]") {
    in_fibers([] {
        weighted_semaphore memory(10);
        memory.acquire(5);
        auto big = weft::spawn([&] { memory.acquire(10); });
        until_parked(1);
        auto small = weft::spawn([&] { memory.acquire(2); });
        until_parked(2);
        big.cancel();
        CHECK_THROWS_AS(big.join(), weft::cancelled);
        small.join();
        memory.release(7);

        memory.acquire(5);
        auto hasty = weft::spawn([&] { return memory.try_acquire_for(10, 1ms); });
        auto patient = weft::spawn([&] { memory.acquire(3); });
        CHECK_FALSE(hasty.join());
        patient.join();
        memory.release(8);
        CHECK(memory.try_acquire(10));
        memory.release(10);
    });
}

TEST_CASE("fibers and threads together never hold more than there is", "[sync][weighted][stress]") {
    in_fibers([] {
        weighted_semaphore memory(20);
        std::atomic<int> held = 0, most = 0;
        int const rounds = weft_test::sized(200, 100, 20);
        auto const use = [&](std::ptrdiff_t n) {
            for (int i = 0; i != rounds; ++i) {
                if (i % 3 != 0)
                    memory.acquire(n);
                else if (!memory.try_acquire_for(n, 100us))
                    continue;
                int const now = held += static_cast<int>(n);
                for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
                weft::this_fiber::yield();
                held -= static_cast<int>(n);
                memory.release(n);
            }
        };
        std::vector<weft::fiber<>> fibers;
        for (std::ptrdiff_t const n : {1, 2, 3, 7, 11, 20}) fibers.push_back(weft::spawn([&use, n] { use(n); }));
        std::thread thread([&] { use(5); });
        for (auto& fiber : fibers) fiber.join();
        weft::blocking([&] { thread.join(); });
        CHECK(most <= 20);
        CHECK(memory.try_acquire(20));
        memory.release(20);
    });
}

TEST_CASE("a weighted semaphore may be destroyed by whoever it let through", "[sync][weighted][C9][stress]") {
    in_fibers([] {
        for (int i = 0; i != weft_test::sized(500, 200, 50); ++i) {
            auto memory = std::make_unique<weighted_semaphore>(1);
            memory->acquire(1);
            auto giver = weft::spawn([raw = memory.get()] { raw->release(1); });
            memory->acquire(1);
            memory.reset();
            giver.join();
        }
    });
}

namespace {

child const given_too_much{"weighted semaphore: given too much", [] {
                               weft::run([] { weighted_semaphore(3).release(1); });
                               return 0;
                           }};

}  // namespace

TEST_CASE("giving back more than was taken stops the program", "[sync][weighted][child]") {
    auto const end = given_too_much.run();
    INFO(end.err);
    CHECK(end.signal == SIGABRT);
    CHECK(end.err.find("more than was taken") != std::string::npos);
}
