// Bugs that others shipped, in schedulers: a named test for each.

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <system_error>
#include <thread>
#include <vector>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"
#include "support/stack.hpp"

using namespace std::chrono_literals;
using weft_test::in_fibers;
using weft_test::sized;
using weft_test::with_workers;

TEST_CASE("a single worker that finds nothing to steal goes to sleep", "[sched][bug][B6]") {  // Boost.Fiber #217
    weft_test::supervised guard("1 worker");
    weft::run([] { weft::this_fiber::sleep_for(5ms); }, {.workers = 1});
    weft::runtime idle({.workers = 1});
    weft::this_fiber::sleep_for(5ms);
    CHECK(idle.run([] { return 1; }) == 1);
}

TEST_CASE("idle workers use no processor", "[sched][bug][B8]") {
    weft_test::supervised guard("8 workers");
    auto const processor_time = [] {
        timespec used{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
        return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    };
    auto const used = weft::run(
        [&] {
            weft::this_fiber::sleep_for(50ms);  // let everybody notice that there is nothing to do
            auto const before = processor_time();
            weft::this_fiber::sleep_for(500ms);
            return processor_time() - before;
        },
        {.workers = 8});
    CHECK(used < sized(50ms, 50ms, 200ms));  // one that spins would use 500
}

TEST_CASE("more fibers than a run queue holds can be started and woken at once", "[sched][bug][B10]") {  // brpc #473
    in_fibers([] {
        constexpr int count = sized(20'000, 5'000, 2'000);
        std::atomic<int> ran = 0;
        for (int i = 0; i != count; ++i)
            weft::go([&] {
                weft::this_fiber::yield();
                ++ran;
            });
        weft_test::yield_until([&] { return ran == count; });

        // All wait for one fiber that a single event wakes them from.
        std::atomic<bool> open = false;
        auto gate = weft::spawn([&] { weft_test::yield_until([&] { return open.load(); }); });
        std::vector<weft::fiber<>> waiters;
        auto const deadline = weft::clock::now() + 1ms;
        for (int i = 0; i != 1'000; ++i)
            waiters.push_back(weft::spawn([deadline] { weft::this_fiber::sleep_until(deadline); }));
        for (auto& waiter : waiters) waiter.join();
        open = true;
        gate.join();
    });
}

namespace {

// A compiler computes the address of errno once per function, and a fiber that parks may leave that thread. So whoever reads errno
// does it in a function that does not park, and that is not merged into one that does.
[[gnu::noinline]] int error_of_a_failing_call() {
    errno = 0;
    return ::open("/nonexistent/file", O_RDONLY) == -1 ? errno : 0;
}

}  // namespace

TEST_CASE("errno read at once is right on whatever thread", "[sched][bug][B1]") {  // Silk #66
    in_fibers([] {
        std::vector<weft::fiber<bool>> fibers;
        for (int f = 0; f != 8; ++f)
            fibers.push_back(weft::spawn([] {
                bool right = true;
                for (int turn = 0; turn != 300; ++turn) {
                    weft::this_fiber::yield();
                    right = right && error_of_a_failing_call() == ENOENT;
                }
                return right;
            }));
        for (auto& fiber : fibers) CHECK(fiber.join());
    });
}

TEST_CASE("a parallel phase after an idle phase uses all workers",
          "[sched][C43][bug][B13]") {  // Silk #76: a lost wake-up
    with_workers([](weft::runtime_options options) {
        weft::run(
            [&] {
                for (int round = 0; round != sized(50, 30, 10); ++round) {
                    weft::this_fiber::sleep_for(std::chrono::microseconds(round * 100));
                    std::atomic<unsigned> inside = 0;
                    std::vector<weft::fiber<>> fibers;
                    for (unsigned i = 0; i != options.workers; ++i)
                        fibers.push_back(weft::spawn([&] {
                            for (++inside; inside < options.workers;) std::this_thread::yield();
                        }));
                    for (auto& fiber : fibers) fiber.join();
                }
            },
            options);
    });
}

TEST_CASE("a fiber woken by a thread wakes a sleeping worker", "[sched][thread][bug][B13]") {
    with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        std::atomic<int> turn = 0;
        std::thread outside([&] {
            for (int i = 0; i != sized(2'000, 1'000, 200); ++i) rt.spawn([&] { ++turn; }).join();
        });
        outside.join();
        CHECK(turn == sized(2'000, 1'000, 200));
    });
}

namespace {

// Pages of this process that are in memory, in bytes.
std::size_t resident_bytes() {
    std::FILE* const file = std::fopen("/proc/self/statm", "r");
    unsigned long total = 0, resident = 0;
    if (file == nullptr || std::fscanf(file, "%lu %lu", &total, &resident) != 2) resident = 0;
    if (file != nullptr) std::fclose(file);
    return resident * 4096;
}

}  // namespace

TEST_CASE("memory shrinks after a burst", "[sched][bug][B17]") {  // rethinkdb #1670
    if (weft_test::sanitized) return;                             // a sanitizer keeps memory of its own
    in_fibers([] {
        weft::spawn([] {}).join();
        std::size_t const before = resident_bytes();
        std::size_t peak = 0;
        {
            constexpr int count = 2'000;
            std::atomic<int> inside = 0;
            std::atomic<bool> open = false;
            std::vector<weft::fiber<>> fibers;
            for (int i = 0; i != count; ++i)
                fibers.push_back(weft::spawn([&] {
                    weft_test::dig(100 * 1024);
                    ++inside;
                    weft_test::yield_until([&] { return open.load(); });
                }));
            weft_test::yield_until([&] { return inside == count; });
            peak = resident_bytes();
            open = true;
            for (auto& fiber : fibers) fiber.join();
        }
        REQUIRE(peak > before + 100'000'000);
        weft_test::yield_until([&] {
            weft::this_fiber::sleep_for(5ms);  // it happens off the hot path, when nobody is in a hurry
            return resident_bytes() < before + (peak - before) / 4;
        });
    });
}

TEST_CASE("guard pages do not exhaust the map count", "[sched][bug][B18]") {  // libdill #130
    if (weft_test::under_tsan) return;                                        // dies near 8,100 live fibers
    weft_test::supervised guard("2 workers");
    constexpr std::size_t count =
        sized(100'000u, 40'000u, 40'000u);  // vm.max_map_count is 65,530: two mappings each would not fit
    std::string refusal;
    std::size_t const reached = weft::run(
        [&] {
            std::atomic<bool> open = false;
            std::vector<weft::fiber<>> fibers;
            fibers.reserve(count);
            try {
                for (std::size_t i = 0; i != count; ++i)
                    fibers.push_back(weft::spawn([&] { weft_test::yield_until([&] { return open.load(); }); }));
            } catch (std::exception const& error) {
                refusal = error.what();
            }
            open = true;
            for (auto& fiber : fibers) fiber.join();
            return fibers.size();
        },
        {.workers = 2, .stack_bytes = 64 * 1024});
    INFO(refusal);
    // Kernels before 6.13 know no guards without a mapping; then the limit is named.
    CHECK((reached == count || refusal.find("vm.max_map_count") != std::string::npos));
    guard.check_nothing_left();
}
