// Code that blocks its thread, moved to threads that may.

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/go.hpp>
#include <weft/stats.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using weft_test::in_fibers;
using weft_test::with_workers;

TEST_CASE("results and exceptions cross over", "[blocking]") {
    in_fibers([] {
        CHECK(weft::blocking([] { return 1; }) == 1);
        CHECK(*weft::blocking([] { return std::make_unique<int>(2); }) == 2);
        int plain = 0;
        weft::blocking([&] { plain = 3; });
        CHECK(plain == 3);
        CHECK(&weft::blocking([&]() -> int& { return plain; }) == &plain);
        CHECK_THROWS_AS(weft::blocking([] { throw std::runtime_error("there"); }), std::runtime_error);
        CHECK_THROWS_AS(weft::blocking([]() -> int { throw 4; }), int);
        CHECK(weft::blocking([state = 5]() mutable { return ++state; }) == 6);
    });
}

TEST_CASE("a fiber in blocking frees its worker", "[blocking][C44]") {
    in_fibers([] {
        std::promise<int> promise;
        auto waiting = weft::spawn([&] { return weft::blocking([&] { return promise.get_future().get(); }); });
        auto other = weft::spawn([&] { promise.set_value(7); });  // with one worker this needs it
        other.join();
        CHECK(waiting.join() == 7);
    });
}

TEST_CASE("blocking code runs on a thread that is no worker", "[blocking]") {
    in_fibers([] {
        auto const worker = std::this_thread::get_id();
        auto const [thread, fiber] =
            weft::blocking([] { return std::pair(std::this_thread::get_id(), weft::this_fiber::get_id()); });
        CHECK(thread != worker);
        CHECK(fiber == 0);
    });
}

TEST_CASE("a plain thread calls blocking as a function", "[blocking][thread]") {
    auto const caller = std::this_thread::get_id();
    CHECK(weft::blocking([] { return std::this_thread::get_id(); }) == caller);
    CHECK_THROWS_AS(weft::blocking([]() -> int { throw 1; }), int);
}

TEST_CASE("the number of blocking threads is bounded", "[blocking][options]") {
    with_workers([](weft::runtime_options options) {
        options.blocking_threads = 3;
        int const most = weft::run(
            [] {
                std::atomic<int> inside = 0, peak = 0;
                std::vector<weft::fiber<>> callers;
                for (int i = 0; i != 60; ++i)
                    callers.push_back(weft::spawn([&] {
                        weft::blocking([&] {
                            int const now = ++inside;
                            for (int seen = peak; seen < now && !peak.compare_exchange_weak(seen, now);) {}
                            for (int turn = 0; turn != 20; ++turn) std::this_thread::yield();
                            --inside;
                        });
                    }));
                for (auto& caller : callers) caller.join();
                return peak.load();
            },
            options);
        CHECK(most <= 3);
        CHECK(most >= 1);
    });
}

TEST_CASE("the pool grows up to its bound", "[blocking][options]") {
    with_workers([](weft::runtime_options options) {
        options.blocking_threads = 4;
        weft::run(
            [] {
                std::atomic<int> inside = 0;
                std::vector<weft::fiber<>> callers;
                for (int i = 0; i != 4; ++i)
                    callers.push_back(weft::spawn([&] {
                        weft::blocking([&] {
                            for (++inside; inside < 4;)
                                std::this_thread::yield();  // ends only if four threads are inside
                        });
                    }));
                for (auto& caller : callers) caller.join();
            },
            options);
    });
}

// A thread that has woken its caller has perhaps not gone to wait for the next job when that comes.
TEST_CASE("calls of one fiber, one after the other, take one thread", "[blocking][bug]") {
    with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        rt.run([&] {
            for (int i = 0; i != weft_test::sized(30'000, 10'000, 2'000); ++i) weft::blocking([] {});
            CHECK(rt.stats().blocking_threads == 1);
        });
    });
}

namespace {

std::atomic<int> kept_for_threads{0};

// As a library keeps something for each thread that calls it, and lets go of it at the thread's end: not in an instant.
struct kept_for_thread {
    kept_for_thread() { ++kept_for_threads; }
    ~kept_for_thread() {
        // NOLINTNEXTLINE(banned): a slow end is what the case is about
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        --kept_for_threads;
    }
    kept_for_thread(kept_for_thread const&) = delete;
};

void call_such_a_library() {
    thread_local kept_for_thread const kept;
    static_cast<void>(kept);
}

}  // namespace

TEST_CASE("a runtime's end is the end of its blocking threads, with all they kept", "[blocking]") {
    with_workers([](weft::runtime_options options) {
        weft::run(
            [] {
                std::vector<weft::fiber<>> all;
                for (int f = 0; f != 4; ++f) all.push_back(weft::spawn([] { weft::blocking(call_such_a_library); }));
                for (auto& one : all) one.join();
                CHECK(kept_for_threads > 0);
            },
            options);
        CHECK(kept_for_threads == 0);
    });
}

TEST_CASE("many blocking calls from many fibers all come back", "[blocking][stress]") {
    in_fibers([] {
        constexpr int fibers = weft_test::sized(500, 200, 50), each = 10;
        std::vector<weft::fiber<int>> callers;
        for (int i = 0; i != fibers; ++i)
            callers.push_back(weft::spawn([i] {
                int sum = 0;
                for (int n = 0; n != each; ++n) sum += weft::blocking([&] { return i + n; });
                return sum;
            }));
        bool right = true;
        for (int i = 0; i != fibers; ++i)
            right = right && callers[static_cast<std::size_t>(i)].join() == each * i + each * (each - 1) / 2;
        CHECK(right);
    });
}

TEST_CASE("foreign code that blocks a worker does not stop the others", "[blocking][sched][C44]") {
    if (weft_test::forced_migration) return;   // binds who is woken to a worker, perhaps to the one that is stuck
    for (unsigned const workers : {2u, 8u}) {  // with one, nobody is left to run the others
        weft_test::supervised guard(std::to_string(workers) + " workers");
        weft::run(
            [] {
                std::promise<void> promise;
                auto stuck = weft::spawn([&] {
                    auto const future = promise.get_future();
                    return future.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
                });
                auto other = weft::spawn([&] {
                    weft::this_fiber::sleep_for(std::chrono::milliseconds(5));
                    promise.set_value();
                });
                other.join();
                CHECK(stuck.join());
            },
            {.workers = workers});
        guard.check_nothing_left();
    }
}
