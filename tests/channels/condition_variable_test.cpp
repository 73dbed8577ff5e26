// condition_variable: notifications are neither invented nor lost.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>
#include <weft/condition_variable.hpp>
#include <weft/defer.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::let_others_run;
using weft_test::until_parked;
using weft_test::with_workers;

TEST_CASE("notify_one wakes the oldest waiter, and only that", "[condition_variable]") {
    in_fibers([] {
        weft::mutex mutex;
        weft::condition_variable changed;
        std::vector<int> order;
        std::vector<weft::fiber<>> waiters;
        for (int i = 0; i != 5; ++i) {
            waiters.push_back(weft::spawn([&, i] {
                std::unique_lock lock(mutex);
                changed.wait(lock);
                order.push_back(i);
            }));
            until_parked(static_cast<std::size_t>(i) + 1);
        }
        for (std::size_t i = 0; i != 5; ++i) {
            changed.notify_one();
            waiters[i].join();
            let_others_run();
            std::lock_guard lock(mutex);
            CHECK(order.size() == i + 1);
        }
        CHECK(order == std::vector{0, 1, 2, 3, 4});
    });
}

TEST_CASE("a wait does not end without a notification", "[condition_variable]") {
    in_fibers([] {
        weft::mutex mutex;
        weft::condition_variable changed;
        std::atomic<int> woken = 0;
        auto waiter = weft::spawn([&] {
            std::unique_lock lock(mutex);
            changed.wait(lock);
            ++woken;
        });
        until_parked(1);
        for (int i = 0; i != 10; ++i) {
            std::lock_guard lock(mutex);
            weft::this_fiber::yield();
        }
        let_others_run();
        CHECK(woken == 0);
        changed.notify_all();
        waiter.join();
        CHECK(woken == 1);
    });
}

TEST_CASE("notify_all wakes everybody, and later waiters wait", "[condition_variable]") {
    in_fibers([] {
        weft::mutex mutex;
        weft::condition_variable changed;
        changed.notify_all();  // nobody waits: lost
        changed.notify_one();
        std::vector<weft::fiber<>> waiters;
        auto const wait = [&] {
            std::unique_lock lock(mutex);
            changed.wait(lock);
        };
        for (int i = 0; i != 10; ++i) waiters.push_back(weft::spawn(wait));
        until_parked(10);
        changed.notify_all();
        for (auto& waiter : waiters) waiter.join();
        auto late = weft::spawn(wait);
        until_parked(1);
        CHECK_FALSE(late.join_for(0ms));
        changed.notify_one();
        late.join();
    });
}

TEST_CASE("a bounded queue by mutex and condition variables works for fibers and threads",
          "[condition_variable][thread]") {
    with_workers([](weft::runtime_options options) {
        constexpr int values = weft_test::sized(20'000, 10'000, 2'000);
        weft::mutex mutex;
        weft::condition_variable not_full, not_empty;
        std::deque<int> queue;
        long sum = 0;
        auto const produce = [&] {
            for (int i = 0; i != values; ++i) {
                std::unique_lock lock(mutex);
                not_full.wait(lock, [&] { return queue.size() < 4; });
                queue.push_back(i);
                not_empty.notify_one();
            }
        };
        auto const consume = [&] {
            for (int i = 0; i != values; ++i) {
                std::unique_lock lock(mutex);
                not_empty.wait(lock, [&] { return !queue.empty(); });
                sum += queue.front();
                queue.pop_front();
                lock.unlock();
                not_full.notify_one();
            }
        };
        std::thread producer(produce), consumer(consume);
        weft::run(
            [&] {
                std::vector<weft::fiber<>> fibers;
                for (int i = 0; i != 2; ++i) {
                    fibers.push_back(weft::spawn(produce));
                    fibers.push_back(weft::spawn(consume));
                }
                for (auto& fiber : fibers) fiber.join();
            },
            options);
        producer.join();
        consumer.join();
        CHECK(sum == 3L * values * (values - 1) / 2);
    });
}

TEST_CASE("a timed wait says why it ended, and holds the lock", "[condition_variable]") {
    in_fibers([] {
        weft::mutex mutex;
        weft::condition_variable changed;
        std::unique_lock lock(mutex);
        auto const start = weft::clock::now();
        CHECK(changed.wait_for(lock, 5ms) == std::cv_status::timeout);
        CHECK(weft::clock::now() - start >= 5ms);
        CHECK(lock.owns_lock());
        CHECK_FALSE(mutex.try_lock());
        CHECK_FALSE(changed.wait_for(lock, 1ms, [] { return false; }));
        CHECK(changed.wait_until(lock, weft::clock::now() - 1s, [] { return true; }));

        bool ready = false;
        auto setter = weft::spawn([&] {
            std::lock_guard inner(mutex);
            ready = true;
            changed.notify_one();
        });
        CHECK(changed.wait_for(lock, 1h, [&] { return ready; }));
        setter.join();
    });
}

TEST_CASE("a notification goes past waiters that a deadline or a cancellation has woken",
          "[condition_variable][cancel]") {
    in_fibers([] {
        constexpr int rounds = weft_test::sized(500, 300, 100);
        for (int round = 0; round != rounds; ++round) {
            weft::mutex mutex;
            weft::condition_variable changed;
            std::atomic<int> notified = 0;
            auto const leaves_early = [&](auto deadline) {
                std::unique_lock lock(mutex);
                if (changed.wait_until(lock, deadline) == std::cv_status::no_timeout) ++notified;
            };
            auto timed = weft::spawn(leaves_early, weft::clock::now() + std::chrono::microseconds(round % 50));
            auto cancelled = weft::spawn(leaves_early, weft::clock::time_point::max());
            auto stays = weft::spawn(leaves_early, weft::clock::time_point::max());
            until_parked(2);
            if (round % 2 == 0) weft::this_fiber::yield();
            cancelled.cancel();
            // One for each that may still be there; those that have left pass theirs on.
            for (int i = 0; i != 3; ++i) changed.notify_one();
            timed.join();
            bool was_cancelled = false;
            try {
                cancelled.join();
            } catch (weft::cancelled const&) {
                was_cancelled = true;
            }
            // `stays` may have come after the first notifications; then nobody else is left to get this one.
            weft_test::yield_until([&] {
                changed.notify_one();
                return stays.join_for(0ms);
            });
            stays.join();
            CHECK(notified >= (was_cancelled ? 1 : 2));
        }
    });
}

TEST_CASE("one notification reaches the one waiter that stays", "[condition_variable][cancel]") {
    in_fibers([] {
        weft::mutex mutex;
        weft::condition_variable changed;
        std::atomic<int> cancelled = 0;
        std::vector<weft::fiber<>> leaving;
        for (int i = 0; i != 4; ++i)
            leaving.push_back(weft::spawn([&] {
                std::unique_lock lock(mutex);
                try {
                    changed.wait(lock);
                } catch (weft::cancelled const&) {
                    cancelled += lock.owns_lock() ? 1 : 0;
                    throw;
                }
            }));
        until_parked(4);
        auto stays = weft::spawn([&] {
            std::unique_lock lock(mutex);
            changed.wait(lock);
        });
        until_parked(5);
        for (auto& fiber : leaving) fiber.cancel();
        changed.notify_one();  // older waiters may still be queued, but they are no longer to be had
        stays.join();
        for (auto& fiber : leaving) CHECK_THROWS_AS(fiber.join(), weft::cancelled);
        CHECK(cancelled == 4);
    });
}

TEST_CASE("locking again after a cancelled wait is shielded", "[condition_variable][cancel][C39]") {
    in_fibers([] {
        weft::mutex mutex;
        weft::condition_variable changed;
        std::atomic<bool> held = false;
        auto waiter = weft::spawn([&] {
            std::unique_lock lock(mutex);
            weft::defer const look([&] { held = lock.owns_lock(); });
            changed.wait(lock);
        });
        until_parked(1);
        mutex.lock();
        waiter.cancel();
        let_others_run();
        CHECK_FALSE(waiter.join_for(0ms));  // it wants the mutex
        mutex.unlock();
        CHECK_THROWS_AS(waiter.join(), weft::cancelled);
        CHECK(held);
    });
}

namespace {

child const without_lock{"wait without the lock", [] {
                             weft::run([] {
                                 weft::mutex mutex;
                                 weft::condition_variable changed;
                                 std::unique_lock lock(mutex, std::defer_lock);
                                 changed.wait(lock);
                             });
                             return 0;
                         }};
child const destroyed{"destroy a condition_variable under a waiter", [] {
                          weft::run([] {
                              weft::mutex mutex;
                              auto changed = std::make_unique<weft::condition_variable>();
                              weft::go([&] {
                                  std::unique_lock lock(mutex);
                                  changed->wait(lock);
                              });
                              until_parked(1);
                              changed.reset();
                          });
                          return 0;
                      }};

}  // namespace

TEST_CASE("misuse of a condition_variable stops the program and says why", "[condition_variable][child]") {
    for (child const* misuse : {&without_lock, &destroyed}) {
        auto const end = misuse->run();
        CHECK(end.signal == SIGABRT);
        CHECK(end.says("condition_variable"));
    }
}
