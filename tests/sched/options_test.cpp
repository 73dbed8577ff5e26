// Each option of a runtime acts.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"
#include "support/stack.hpp"

using weft_test::child;
using weft_test::dig;
using weft_test::with_workers;

TEST_CASE("workers is the number of threads that run fibers", "[options]") {
    for (unsigned const workers : {1u, 3u, 8u}) {
        weft_test::supervised guard(std::to_string(workers) + " workers");
        weft::runtime rt({.workers = workers});
        CHECK(rt.workers() == workers);
        CHECK(rt.stats().workers == workers);
    }
}

TEST_CASE("stack_bytes is the room a fiber has", "[options]") {
    with_workers([](weft::runtime_options options) {
        options.stack_bytes = 2 * 1024 * 1024;
        CHECK(weft::run([] { return weft::spawn([] { return dig(1024 * 1024); }).join(); }, options) > 0);
        options.stack_bytes = 64 * 1024;
        CHECK(weft::run([] { return weft::spawn([] { return dig(16 * 1024); }).join(); }, options) > 0);
    });
}

TEST_CASE("max_fibers bounds how many live at a time", "[options]") {
    with_workers([](weft::runtime_options options) {
        options.max_fibers = 10;
        auto const [started, again] = weft::run(
            [] {
                std::atomic<bool> open = false;
                std::vector<weft::fiber<>> fibers;
                std::size_t most = 1;  // the main fiber
                try {
                    for (;;) {
                        fibers.push_back(weft::spawn([&] { weft_test::yield_until([&] { return open.load(); }); }));
                        ++most;
                    }
                } catch (std::system_error const& error) {
                    if (error.code() != std::errc::resource_unavailable_try_again) most = 0;
                }
                open = true;
                for (auto& fiber : fibers) fiber.join();
                return std::pair(most, weft::spawn([] { return 1; }).join());
            },
            options);
        CHECK(started == 10);
        CHECK(again == 1);
    });
}

TEST_CASE("a worker may stay awake for a second at most", "[options]") {
    using namespace std::chrono_literals;
    CHECK_THROWS_AS(weft::run([] {}, {.idle_spin = -1us}), std::invalid_argument);
    CHECK_THROWS_AS(weft::run([] {}, {.idle_spin = 1s + 1us}), std::invalid_argument);
    CHECK(weft::run([] { return 7; }, {.idle_spin = 1s}) == 7);
}

TEST_CASE("an absurd default stack size is an error", "[options]") {
    CHECK_THROWS_AS(weft::run([] {}, {.stack_bytes = SIZE_MAX}), std::exception);
}

TEST_CASE("presets differ", "[options]") {
    auto const balanced = weft::runtime_options::balanced();
    CHECK(balanced.stack_bytes == weft::runtime_options().stack_bytes);
    CHECK(balanced.workers == weft::runtime_options().workers);
    CHECK(weft::runtime_options::small_memory().stack_bytes < balanced.stack_bytes);
    CHECK(weft::runtime_options::small_memory().blocking_threads < balanced.blocking_threads);
    CHECK(weft::runtime_options::io_heavy().blocking_threads > balanced.blocking_threads);
    CHECK(weft::runtime_options::throughput().stack_bytes > balanced.stack_bytes);
    for (auto const& preset : {balanced, weft::runtime_options::throughput(), weft::runtime_options::low_latency(),
                               weft::runtime_options::io_heavy(), weft::runtime_options::small_memory()})
        CHECK(weft::run([] { return weft::spawn([] { return 1; }).join(); }, preset) == 1);
}

namespace {

child const reports_workers{"options: workers", [] {
                                weft::runtime rt({.workers = 2});
                                return static_cast<int>(rt.workers());
                            }};

child const counts_fibers{
    "options: max_fibers", [] {
        return weft::run([] {
            std::vector<weft::fiber<>> fibers;
            try {
                while (fibers.size() != 100)
                    fibers.push_back(weft::spawn([] { weft::this_fiber::sleep_for(std::chrono::hours(1)); }));
            } catch (std::system_error const&) {}
            return static_cast<int>(fibers.size()) + 1;
        });
    }};

child const digs{
    "options: stack_bytes",
    [] { return weft::run([] { return weft::spawn([] { return dig(3 * 1024 * 1024) > 0 ? 7 : 0; }).join(); }); }};

child const counts_blocking{"options: poller and others", [] { return weft::run([] { return 7; }); }};

}  // namespace

TEST_CASE("the environment overrides options", "[options][child]") {
    CHECK(reports_workers.run().exit_status == 2);
    CHECK(reports_workers.run({"WEFT_WORKERS=5"}).exit_status == 5);
    CHECK(counts_fibers.run({"WEFT_MAX_FIBERS=20"}).exit_status == 20);
    CHECK(digs.run({"WEFT_STACK_BYTES=8388608"}).exit_status == 7);
    CHECK(counts_blocking
              .run({"WEFT_POLLER=automatic", "WEFT_BLOCKING_THREADS=1", "WEFT_STRAGGLERS=leak",
                    "WEFT_ON_DEADLOCK=ignore", "WEFT_SEED=5", "WEFT_SHUTDOWN_GRACE=10", "WEFT_IDLE_SPIN=1000"})
              .exit_status == 7);
}

TEST_CASE("an environment variable that makes no sense is named", "[options][child]") {
    for (char const* nonsense : {"WEFT_WORKERS=many", "WEFT_POLLER=telepathy", "WEFT_ON_DEADLOCK=laugh",
                                 "WEFT_STACK_BYTES=-3", "WEFT_IDLE_SPIN=50us"}) {
        auto const end = reports_workers.run({nonsense});
        INFO(nonsense << "\n" << end.err);
        std::string const text = nonsense;
        CHECK(end.exit_status != 2);
        CHECK(end.says(text.substr(0, text.find('='))));
    }
}
