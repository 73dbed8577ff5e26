// What a fiber can say about itself, and yield and pin.

#include <atomic>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using weft_test::in_fibers;
using weft_test::with_workers;

static_assert(noexcept(weft::this_fiber::get_id()) && noexcept(weft::this_fiber::name()));
static_assert(!std::is_copy_constructible_v<weft::this_fiber::shield> &&
              !std::is_copy_constructible_v<weft::this_fiber::pin>);
static_assert(std::is_nothrow_default_constructible_v<weft::this_fiber::shield> &&
              std::is_nothrow_default_constructible_v<weft::this_fiber::pin>);

TEST_CASE("a plain thread is no fiber", "[this_fiber][thread]") {
    CHECK(weft::this_fiber::get_id() == 0);
    CHECK(weft::this_fiber::name().empty());
    weft::this_fiber::yield();
    weft::this_fiber::check_cancelled();
    weft::this_fiber::shield const shield;
    weft::this_fiber::pin const pin;
}

TEST_CASE("yield lets a fiber run that was ready before", "[this_fiber]") {
    weft_test::supervised guard("1 worker");
    weft::run(
        [] {
            std::vector<int> order;  // plain: there is one worker
            auto other = weft::spawn([&] {
                for (int i = 0; i != 3; ++i) {
                    order.push_back(1);
                    weft::this_fiber::yield();
                }
            });
            weft_test::yield_until([&] { return !order.empty(); });
            for (int i = 0; i != 2; ++i) {
                order.push_back(0);
                weft::this_fiber::yield();
            }
            other.join();
            CHECK(order == std::vector{1, 0, 1, 0, 1});
        },
        {.workers = 1});
    guard.check_nothing_left();
}

TEST_CASE("a fiber knows itself wherever it resumes",
          "[this_fiber][bug][B1]") {  // Silk #66: thread identity cached over a park
    in_fibers([] {
        std::vector<weft::fiber<bool>> fibers;
        for (int i = 0; i != 16; ++i)
            fibers.push_back(weft::spawn({.name = std::to_string(i)}, [i] {
                bool right = true;
                auto const id = weft::this_fiber::get_id();
                std::string const name = std::to_string(i);
                for (int turn = 0; turn != 200; ++turn) {
                    if (turn % 16 == 0)
                        weft::this_fiber::sleep_for(std::chrono::microseconds(10));
                    else
                        weft::this_fiber::yield();
                    right = right && weft::this_fiber::get_id() == id && weft::this_fiber::name() == name;
                }
                return right;
            }));
        for (auto& fiber : fibers) CHECK(fiber.join());
    });
}

namespace {

// Not inlined: a compiler may keep the answer of a call that it can see through, over a switch that it cannot.
[[gnu::noinline]] std::thread::id thread_now() { return std::this_thread::get_id(); }

}  // namespace

TEST_CASE("a pinned fiber stays on its thread", "[this_fiber][pin]") {
    in_fibers([] {
        std::vector<weft::fiber<bool>> fibers;
        for (int i = 0; i != 16; ++i)
            fibers.push_back(weft::spawn([] {
                bool stayed = true;
                for (int round = 0; round != 5; ++round) {
                    {
                        weft::this_fiber::pin const outer;
                        weft::this_fiber::pin const inner;
                        auto const thread = thread_now();
                        for (int turn = 0; turn != 40; ++turn) {
                            if (turn % 8 == 0)
                                weft::this_fiber::sleep_for(std::chrono::microseconds(10));
                            else
                                weft::this_fiber::yield();
                            stayed = stayed && thread_now() == thread;
                        }
                        weft::spawn([] {}).join();
                        stayed = stayed && thread_now() == thread;
                    }
                    weft::this_fiber::yield();
                }
                return stayed;
            }));
        for (auto& fiber : fibers) CHECK(fiber.join());
    });
}

TEST_CASE("fibers use all workers", "[this_fiber][sched][C43]") {
    with_workers([](weft::runtime_options options) {
        weft::run(
            [&] {
                // Each waits, without letting go of its worker, until every worker has one.
                std::atomic<unsigned> inside = 0;
                std::vector<weft::fiber<>> fibers;
                for (unsigned i = 1; i != options.workers; ++i)
                    fibers.push_back(weft::spawn([&] {
                        for (++inside; inside < options.workers;) std::this_thread::yield();
                    }));
                for (++inside; inside < options.workers;) std::this_thread::yield();
                for (auto& fiber : fibers) fiber.join();
            },
            options);
    });
}
