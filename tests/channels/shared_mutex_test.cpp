// shared_mutex: many readers or one writer, and nobody starves.

#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>
#include <weft/go.hpp>
#include <weft/mutex.hpp>
#include <weft/shared_mutex.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;

TEST_CASE("readers share, a writer is alone", "[shared_mutex][C31]") {
    in_fibers([] {
        weft::shared_mutex mutex;
        mutex.lock_shared();
        CHECK(mutex.try_lock_shared());
        CHECK_FALSE(mutex.try_lock());
        mutex.unlock_shared();
        CHECK_FALSE(mutex.try_lock());
        mutex.unlock_shared();
        CHECK(mutex.try_lock());
        CHECK_FALSE(mutex.try_lock_shared());
        CHECK_FALSE(mutex.try_lock());
        mutex.unlock();
    });
}

TEST_CASE("a waiting writer goes before readers that come later", "[shared_mutex]") {
    in_fibers([] {
        weft::shared_mutex mutex;
        std::vector<int> order;  // guarded by the lock: readers come one at a time here
        std::shared_lock first(mutex);
        auto writer = weft::spawn([&] {
            std::lock_guard lock(mutex);
            order.push_back(1);
        });
        until_parked(1);
        CHECK_FALSE(mutex.try_lock_shared());
        auto reader = weft::spawn([&] {
            std::shared_lock lock(mutex);
            order.push_back(2);
        });
        until_parked(2);
        first.unlock();
        writer.join();
        reader.join();
        CHECK(order == std::vector{1, 2});
    });
}

TEST_CASE("readers that wait when a writer unlocks go before the next writer, all at once", "[shared_mutex]") {
    in_fibers([] {
        weft::shared_mutex mutex;
        std::atomic<int> inside = 0, together = 0, readers_done = 0, seen_by_writer = -1;
        mutex.lock();
        auto writer = weft::spawn([&] {
            std::lock_guard lock(mutex);
            seen_by_writer = readers_done.load();
        });
        until_parked(1);
        std::vector<weft::fiber<>> readers;
        for (int i = 0; i != 3; ++i)
            readers.push_back(weft::spawn([&] {
                std::shared_lock lock(mutex);
                ++inside;
                weft_test::yield_until([&] { return inside == 3; });  // hangs unless all are in
                ++together;
                ++readers_done;
            }));
        until_parked(4);
        mutex.unlock();
        for (auto& reader : readers) reader.join();
        writer.join();
        CHECK(together == 3);
        CHECK(seen_by_writer == 3);
    });
}

TEST_CASE("neither side starves the other", "[shared_mutex]") {
    in_fibers([] {
        weft::shared_mutex mutex;
        std::atomic<bool> stop = false;
        std::atomic<int> reads = 0, writes = 0;
        std::vector<weft::fiber<>> fibers;
        for (int i = 0; i != 4; ++i) {
            fibers.push_back(weft::spawn([&] {
                while (!stop) {
                    std::shared_lock lock(mutex);
                    weft::this_fiber::yield();  // some reader is always inside
                    ++reads;
                }
            }));
            fibers.push_back(weft::spawn([&] {
                while (!stop) {
                    std::lock_guard lock(mutex);
                    weft::this_fiber::yield();
                    ++writes;
                }
            }));
        }
        weft_test::yield_until([&] { return reads >= 100 && writes >= 100; });
        stop = true;
        for (auto& fiber : fibers) fiber.join();
        CHECK(mutex.try_lock());
        mutex.unlock();
    });
}

TEST_CASE("readers see whole writes, from fibers and threads", "[shared_mutex][thread][C31]") {
    with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(10'000, 5'000, 1'000);
        weft::shared_mutex mutex;
        long one = 0, two = 0;
        std::atomic<long> torn = 0;
        auto const write = [&] {
            for (int i = 0; i != rounds; ++i) {
                std::lock_guard lock(mutex);
                ++one;
                if (i % 16 == 0) weft::this_fiber::yield();
                ++two;
            }
        };
        auto const read = [&] {
            for (int i = 0; i != rounds; ++i) {
                std::shared_lock lock(mutex);
                if (i % 16 == 0) weft::this_fiber::yield();
                if (one != two) ++torn;
            }
        };
        std::thread writer(write), reader(read);
        weft::run(
            [&] {
                std::vector<weft::fiber<>> fibers;
                for (int f = 0; f != 3; ++f) {
                    fibers.push_back(weft::spawn(read));
                    fibers.push_back(weft::spawn(write));
                }
                for (auto& fiber : fibers) fiber.join();
            },
            options);
        writer.join();
        reader.join();
        CHECK(torn == 0);
        CHECK(one == 4L * rounds);
    });
}

TEST_CASE("waiting for a shared_mutex is not an interruption point", "[shared_mutex][cancel][C39]") {
    in_fibers([] {
        weft::shared_mutex mutex;
        mutex.lock();
        auto reader = weft::spawn([&] {
            std::shared_lock lock(mutex);
            return 1;
        });
        auto writer = weft::spawn([&] {
            std::lock_guard lock(mutex);
            return 2;
        });
        until_parked(2);
        reader.cancel();
        writer.cancel();
        weft_test::let_others_run();
        CHECK_FALSE(reader.join_for(0ms));
        CHECK_FALSE(writer.join_for(0ms));
        mutex.unlock();
        CHECK(reader.join() == 1);
        CHECK(writer.join() == 2);
    });
}

TEST_CASE("scoped_lock takes a shared_mutex beside another lock", "[shared_mutex]") {
    in_fibers([] {
        weft::shared_mutex one;
        weft::mutex other;
        int counter = 0;
        auto forth = weft::spawn([&] {
            for (int i = 0; i != 200; ++i) {
                std::scoped_lock both(one, other);
                ++counter;
            }
        });
        for (int i = 0; i != 200; ++i) {
            std::scoped_lock both(other, one);
            ++counter;
        }
        forth.join();
        CHECK(counter == 400);
    });
}

namespace {

child const unlocked{"unlock an unlocked shared_mutex", [] {
                         weft::run([] {
                             weft::shared_mutex mutex;
                             mutex.lock_shared();
                             mutex.unlock();
                         });
                         return 0;
                     }};
child const unshared{"unlock_shared of a shared_mutex that is written", [] {
                         weft::run([] {
                             weft::shared_mutex mutex;
                             mutex.lock();
                             mutex.unlock_shared();
                         });
                         return 0;
                     }};
child const destroyed{"destroy a shared_mutex that is read", [] {
                          weft::run([] {
                              weft::shared_mutex mutex;
                              mutex.lock_shared();
                          });
                          return 0;
                      }};

}  // namespace

TEST_CASE("misuse of a shared_mutex stops the program and says why", "[shared_mutex][child]") {
    for (child const* misuse : {&unlocked, &unshared, &destroyed}) {
        auto const end = misuse->run();
        CHECK(end.signal == SIGABRT);
        CHECK(end.says("shared_mutex"));
    }
}
