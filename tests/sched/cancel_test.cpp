// Cancellation: where it is thrown, what is shielded, and that cleanup can still wait.

#include <atomic>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/defer.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::yield_until;

static_assert(!std::is_base_of_v<std::exception, weft::cancelled> &&
              std::is_base_of_v<weft::cancelled, weft::deadline_exceeded>);

namespace {

// How many of `attempts` to wait were cut short by a cancellation.
template <class Wait>
int interrupted(int attempts, Wait const& wait) {
    int times = 0;
    for (int i = 0; i != attempts; ++i) {
        try {
            wait();
        } catch (weft::cancelled const&) {
            ++times;
        }
    }
    return times;
}

// Spawns `body` and cancels it before its first statement matters: it starts by waiting until it has been cancelled.
template <class Body>
auto spawn_cancelled(std::atomic<bool>& cancelled, Body body) {
    auto fiber = weft::spawn([&cancelled, body] {
        yield_until([&] { return cancelled.load(); });
        return body();
    });
    fiber.cancel();
    cancelled = true;
    return fiber;
}

}  // namespace

TEST_CASE("a parked fiber that is cancelled throws", "[cancel][C39]") {
    in_fibers([] {
        auto fiber = weft::spawn([] { return interrupted(1, [] { weft::this_fiber::sleep_for(1h); }); });
        until_parked(1);
        fiber.cancel();
        fiber.cancel();  // a second one adds nothing
        CHECK(fiber.join() == 1);
    });
}

TEST_CASE("a cancelled fiber throws whenever it is about to wait", "[cancel][C39]") {
    in_fibers([] {
        std::atomic<bool> cancelled = false;
        auto fiber = spawn_cancelled(cancelled, [] {
            return interrupted(3, [] { weft::this_fiber::sleep_for(1h); }) +
                   interrupted(2, [] { weft::this_fiber::check_cancelled(); });
        });
        CHECK(fiber.join() == 5);
    });
}

TEST_CASE("an operation that need not wait does not throw", "[cancel][C39]") {
    in_fibers([] {
        std::atomic<bool> cancelled = false;
        auto finished = weft::spawn([] { return 3; });
        yield_until([&] { return finished.join_until(weft::clock::now()); });
        auto fiber = spawn_cancelled(cancelled, [&] {
            weft::this_fiber::sleep_for(0s);
            bool const done = finished.join_for(1h);
            return done ? finished.join() : 0;
        });
        CHECK(fiber.join() == 3);
    });
}

TEST_CASE("check_cancelled throws only after a cancellation", "[cancel][C39]") {
    in_fibers([] {
        weft::this_fiber::check_cancelled();
        std::atomic<bool> cancelled = false;
        auto fiber = spawn_cancelled(cancelled, [] { weft::this_fiber::check_cancelled(); });
        CHECK_THROWS_AS(fiber.join(), weft::cancelled);
    });
}

TEST_CASE("a cancellation is not a std::exception and unwinds the stack", "[cancel][C39]") {
    in_fibers([] {
        struct count_down {
            int& count;
            ~count_down() { --count; }
        };
        int alive = 3;
        auto fiber = weft::spawn([&] {
            count_down const outer{alive};
            try {
                count_down const middle{alive};
                [&] {
                    count_down const inner{alive};
                    weft::this_fiber::sleep_for(1h);
                }();
            } catch (std::exception const&) {
                alive = 100;
            }
        });
        until_parked(1);
        fiber.cancel();
        CHECK_THROWS_AS(fiber.join(), weft::cancelled);
        CHECK(alive == 0);
    });
}

TEST_CASE("destructors that run during unwinding may wait", "[cancel][C39][C46]") {
    in_fibers([] {
        struct slow_cleanup {
            int& steps;
            ~slow_cleanup() {
                weft::this_fiber::sleep_for(1ms);
                ++steps;
                auto helper = weft::spawn([] { weft::this_fiber::sleep_for(1ms); });
                helper.join();
                ++steps;
                steps += weft::blocking([] { return 1; });
            }
        };
        int steps = 0;
        auto fiber = weft::spawn([&] {
            slow_cleanup const cleanup{steps};
            weft::this_fiber::sleep_for(1h);
        });
        until_parked(1);
        fiber.cancel();
        CHECK_THROWS_AS(fiber.join(), weft::cancelled);
        CHECK(steps == 3);
    });
}

TEST_CASE("a shield holds a cancellation off while it lasts", "[cancel][C39]") {
    in_fibers([] {
        std::atomic<bool> cancelled = false;
        auto fiber = spawn_cancelled(cancelled, [] {
            int times = 0;
            {
                weft::this_fiber::shield const outer;
                {
                    weft::this_fiber::shield const inner;
                    times += interrupted(1, [] { weft::this_fiber::sleep_for(1ms); });
                }
                times += interrupted(1, [] { weft::this_fiber::sleep_for(1ms); });
                times += interrupted(1, [] { weft::this_fiber::check_cancelled(); });
            }
            return 10 * times + interrupted(1, [] { weft::this_fiber::sleep_for(1h); });
        });
        CHECK(fiber.join() == 1);
    });
}

TEST_CASE("a cancellation that arrives under a shield does not wake the sleeper", "[cancel][C39]") {
    in_fibers([] {
        std::atomic<bool> woke = false;
        auto fiber = weft::spawn([&] {
            auto const start = weft::clock::now();
            weft::this_fiber::shield const shield;
            weft::this_fiber::sleep_for(5ms);
            woke = true;
            return weft::clock::now() - start;
        });
        yield_until([&] { return weft::detail::parked_fibers() == 1 || woke; });
        fiber.cancel();
        CHECK(fiber.join() >= 5ms);
    });
}

TEST_CASE("the handle's destructor joins although its owner is cancelled", "[cancel][fiber][C39]") {
    in_fibers([] {
        int order = 0;
        auto owner = weft::spawn([&] {
            auto child = weft::spawn([&] {
                try {
                    weft::this_fiber::sleep_for(1h);
                } catch (weft::cancelled const&) {
                    weft::this_fiber::shield const shield;
                    weft::this_fiber::sleep_for(2ms);
                    order = 1;
                    throw;
                }
            });
            weft::this_fiber::sleep_for(1h);
        });
        until_parked(2);
        owner.cancel();
        CHECK_THROWS_AS(owner.join(), weft::cancelled);
        CHECK(order == 1);
    });
}

TEST_CASE("join is a point of cancellation of the joiner, not of the joined", "[cancel][fiber][C39]") {
    in_fibers([] {
        std::atomic<bool> open = false;
        auto slow = weft::spawn([&] {
            yield_until([&] { return open.load(); });
            return 6;
        });
        auto joiner = weft::spawn([&] { slow.join(); });
        until_parked(1);
        joiner.cancel();
        CHECK_THROWS_AS(joiner.join(), weft::cancelled);
        open = true;
        CHECK(slow.join() == 6);  // the handle was left as it was
    });
}

TEST_CASE("a blocking call that has started is finished", "[cancel][blocking][C39]") {
    in_fibers([] {
        std::atomic<bool> started = false, open = false;
        auto fiber = weft::spawn([&] {
            return weft::blocking([&] {
                started = true;
                while (!open) std::this_thread::yield();
                return 5;
            });
        });
        yield_until([&] { return started.load(); });
        fiber.cancel();
        open = true;
        CHECK(fiber.join() == 5);
    });
}

TEST_CASE("cancelling what has ended, or from a plain thread, is fine", "[cancel][thread][C39]") {
    in_fibers([] {
        auto ended = weft::spawn([] { return 1; });
        yield_until([&] { return ended.join_until(weft::clock::now()); });
        ended.cancel();
        CHECK(ended.join() == 1);

        auto sleeper = weft::spawn([] { weft::this_fiber::sleep_for(1h); });
        until_parked(1);
        std::thread canceller([&] { sleeper.cancel(); });
        CHECK_THROWS_AS(sleeper.join(), weft::cancelled);
        weft::blocking([&] { canceller.join(); });
    });
}

TEST_CASE("many cancellations race with many sleeps", "[cancel][stress][C39]") {
    in_fibers([] {
        for (int round = 0; round != weft_test::sized(300, 150, 30); ++round) {
            std::vector<weft::fiber<int>> fibers;
            for (int i = 0; i != 16; ++i)
                fibers.push_back(weft::spawn([i] {
                    return interrupted(3, [i] { weft::this_fiber::sleep_for(std::chrono::microseconds(i * 3)); });
                }));
            for (auto& fiber : fibers) fiber.cancel();
            for (auto& fiber : fibers) {
                int const times = fiber.join();
                if (times < 0 || times > 3) FAIL(times);
            }
        }
    });
}

TEST_CASE("a join that is cancelled as it begins leaves the fiber to be joined", "[fiber][cancel][stress]") {
    in_fibers([] {
        int const rounds = weft_test::sized(3000, 1000, 300);
        int left_alive = 0;
        for (int round = 0; round != rounds; ++round) {
            std::atomic<int> alive = 0;
            auto joiner = weft::spawn([&alive] {
                ++alive;
                auto target = weft::spawn([&alive] {
                    weft::defer const at_end([&alive] { --alive; });
                    weft::this_fiber::sleep_for(1h);
                });
                // Throws, and the handle cancels and joins on the way out.
                target.join();
            });
            for (int turn = 0; turn != round % 4; ++turn) weft::this_fiber::yield();
            joiner.cancel();
            CHECK_THROWS_AS(joiner.join(), weft::cancelled);
            left_alive += alive.load();
        }
        CHECK(left_alive == 0);
    });
}
