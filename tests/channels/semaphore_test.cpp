// counting_semaphore: permits, order, limits.

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/semaphore.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;

TEST_CASE("a semaphore lets in as many as it has permits", "[semaphore]") {
    in_fibers([] {
        weft::counting_semaphore permits(3);
        std::atomic<int> inside = 0, most = 0;
        std::vector<weft::fiber<>> fibers;
        for (int f = 0; f != 10; ++f)
            fibers.push_back(weft::spawn([&] {
                for (int i = 0; i != 50; ++i) {
                    permits.acquire();
                    int const now = ++inside;
                    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
                    weft::this_fiber::yield();
                    --inside;
                    permits.release();
                }
            }));
        for (auto& fiber : fibers) fiber.join();
        CHECK(most <= 3);
        for (int i = 0; i != 3; ++i) CHECK(permits.try_acquire());
        CHECK_FALSE(permits.try_acquire());
    });
}

TEST_CASE("permits go to the oldest waiter, and nobody overtakes", "[semaphore]") {
    in_fibers([] {
        weft::counting_semaphore permits(0);
        std::vector<int> order;
        std::vector<weft::fiber<>> fibers;
        for (int i = 0; i != 4; ++i) {
            fibers.push_back(weft::spawn([&, i] {
                permits.acquire();
                order.push_back(i);
            }));
            until_parked(static_cast<std::size_t>(i) + 1);
        }
        for (std::size_t i = 0; i != 4; ++i) {
            permits.release();
            CHECK_FALSE(permits.try_acquire());  // it belongs to the waiter, although that has not run yet
            fibers[i].join();
        }
        CHECK(order == std::vector{0, 1, 2, 3});
    });
}

TEST_CASE("several permits at once serve several waiters, and what is left stays", "[semaphore]") {
    in_fibers([] {
        weft::counting_semaphore permits(0);
        std::vector<weft::fiber<>> fibers;
        for (int i = 0; i != 3; ++i) fibers.push_back(weft::spawn([&] { permits.acquire(); }));
        until_parked(3);
        permits.release(0);
        permits.release(5);
        for (auto& fiber : fibers) fiber.join();
        CHECK(permits.try_acquire());
        CHECK(permits.try_acquire());
        CHECK_FALSE(permits.try_acquire());
    });
}

TEST_CASE("a timed acquire gives up at its deadline and takes no permit", "[semaphore]") {
    in_fibers([] {
        weft::binary_semaphore permit(0);
        auto const start = weft::clock::now();
        CHECK_FALSE(permit.try_acquire_for(5ms));
        CHECK(weft::clock::now() - start >= 5ms);
        CHECK_FALSE(permit.try_acquire_for(0ms));
        CHECK_FALSE(permit.try_acquire_until(weft::clock::time_point::min()));
        permit.release();
        CHECK(permit.try_acquire_until(weft::clock::time_point::min()));
    });
}

TEST_CASE("a cancelled acquire takes no permit", "[semaphore][cancel]") {
    in_fibers([] {
        constexpr int rounds = weft_test::sized(2'000, 1'000, 200);
        for (int i = 0; i != rounds; ++i) {
            weft::counting_semaphore permits(0);
            std::atomic<int> taken = 0;
            auto waiter = weft::spawn([&] {
                permits.acquire();
                ++taken;
            });
            if (i % 2 == 0) until_parked(1);
            weft::go([&, rival = &permits] { rival->release(); });
            waiter.cancel();
            try {
                waiter.join();
            } catch (weft::cancelled const&) {
                weft_test::yield_until([&] { return permits.try_acquire(); });
                ++taken;
            }
            CHECK(taken == 1);
            CHECK_FALSE(permits.try_acquire());
        }
    });
}

TEST_CASE("permits are conserved between fibers, threads and deadlines", "[semaphore][thread]") {
    with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(4'000, 2'000, 500);
        weft::counting_semaphore permits(2);
        std::atomic<int> inside = 0;
        std::atomic<bool> too_many = false;
        auto const work = [&] {
            for (int i = 0; i != rounds; ++i) {
                if (i % 3 == 0)
                    permits.acquire();
                else if (!permits.try_acquire_for(std::chrono::microseconds(i % 40)))
                    continue;
                if (++inside > 2) too_many = true;
                if (i % 4 == 0) weft::this_fiber::yield();
                --inside;
                permits.release();
            }
        };
        std::thread thread(work);
        weft::run(
            [&] {
                std::vector<weft::fiber<>> fibers;
                for (int f = 0; f != 4; ++f) fibers.push_back(weft::spawn(work));
                for (auto& fiber : fibers) fiber.join();
            },
            options);
        thread.join();
        CHECK_FALSE(too_many);
        CHECK(permits.try_acquire());
        CHECK(permits.try_acquire());
        CHECK_FALSE(permits.try_acquire());
    });
}

TEST_CASE("a semaphore refuses counts that make no sense", "[semaphore]") {
    CHECK_THROWS_AS(weft::counting_semaphore(-1), std::invalid_argument);
    CHECK_THROWS_AS(weft::counting_semaphore(PTRDIFF_MAX), std::invalid_argument);
}

namespace {

child const overflowed{"a semaphore above its maximum", [] {
                           weft::counting_semaphore permits(weft::counting_semaphore::max());
                           permits.release();
                           return 0;
                       }};
child const negative{"a negative number of permits", [] {
                         weft::counting_semaphore permits(1);
                         permits.release(-1);
                         return 0;
                     }};
child const destroyed{"destroy a semaphore under a waiter", [] {
                          weft::run([] {
                              auto permits = std::make_unique<weft::counting_semaphore>(0);
                              weft::go([&] { permits->acquire(); });
                              until_parked(1);
                              permits.reset();
                          });
                          return 0;
                      }};

}  // namespace

TEST_CASE("misuse of a semaphore stops the program and says why", "[semaphore][child]") {
    for (child const* misuse : {&overflowed, &negative, &destroyed}) {
        auto const end = misuse->run();
        CHECK(end.signal == SIGABRT);
        CHECK(end.says("semaphore"));
    }
}
