// once and once_value: done once, whoever asks and whatever fails.

#include <atomic>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/once.hpp>
#include <weft/once_value.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using weft_test::child;
using weft_test::counted;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::yield_until;

TEST_CASE("the body of a once runs once, and before every return", "[once][thread][C32]") {
    weft_test::with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(1'000, 500, 100);
        for (int round = 0; round != rounds; ++round) {
            weft::once first;
            int written = 0;
            std::atomic<int> wrong = 0;
            auto const call = [&] {
                first.call([&] {
                    weft::this_fiber::yield();
                    ++written;
                });
                if (written != 1) ++wrong;
            };
            if (round % 10 == 0) {
                std::thread thread(call);
                weft::run(
                    [&] {
                        std::vector<weft::fiber<>> fibers;
                        for (int i = 0; i != 4; ++i) fibers.push_back(weft::spawn(call));
                        call();
                        for (auto& fiber : fibers) fiber.join();
                    },
                    options);
                thread.join();
                CHECK(wrong == 0);
                CHECK(first.is_done());
            } else {
                call();
            }
            CHECK(written == 1);
        }
    });
}

TEST_CASE("callers wait for the one that is at it", "[once][C32]") {
    in_fibers([] {
        weft::once first;
        std::atomic<bool> begun = false, go_on = false;
        std::atomic<int> returned = 0;
        std::vector<weft::fiber<>> fibers;
        fibers.push_back(weft::spawn([&] {
            first.call([&] {
                begun = true;
                yield_until([&] { return go_on.load(); });
            });
        }));
        yield_until([&] { return begun.load(); });
        for (int i = 0; i != 3; ++i)
            fibers.push_back(weft::spawn([&] {
                first.call([&] { returned = -100; });
                ++returned;
            }));
        until_parked(3);
        CHECK(returned == 0);
        CHECK_FALSE(first.is_done());
        go_on = true;
        for (auto& fiber : fibers) fiber.join();
        CHECK(returned == 3);
    });
}

TEST_CASE("after a throw the oldest waiter tries next", "[once]") {
    in_fibers([] {
        weft::once first;
        std::vector<int> attempts;  // by whoever has the turn
        std::atomic<bool> begun = false, go_on = false;
        std::vector<weft::fiber<>> fibers;
        for (int i = 0; i != 4; ++i) {
            fibers.push_back(weft::spawn([&, i] {
                first.call([&] {
                    attempts.push_back(i);
                    begun = true;
                    if (i == 0) yield_until([&] { return go_on.load(); });
                    if (i < 2) throw std::runtime_error("attempt " + std::to_string(i));
                });
            }));
            // The first one is at it while the others come, in this order.
            if (i == 0)
                yield_until([&] { return begun.load(); });
            else
                until_parked(static_cast<std::size_t>(i));
        }
        go_on = true;
        CHECK_THROWS_AS(fibers[0].join(), std::runtime_error);
        CHECK_THROWS_AS(fibers[1].join(), std::runtime_error);
        fibers[2].join();
        fibers[3].join();
        CHECK(attempts == std::vector{0, 1, 2});
    });
}

TEST_CASE("waiting for a once can be cancelled, and the turn goes past who was", "[once][cancel]") {
    in_fibers([] {
        weft::once first;
        std::atomic<bool> begun = false, go_on = false;
        std::atomic<int> done_by = 0;
        auto failing = weft::spawn([&] {
            first.call([&] {
                begun = true;
                yield_until([&] { return go_on.load(); });
                throw std::runtime_error("not me");
            });
        });
        yield_until([&] { return begun.load(); });
        auto cancelled = weft::spawn([&] { first.call([&] { done_by = 1; }); });
        until_parked(1);
        auto patient = weft::spawn([&] { first.call([&] { done_by = 2; }); });
        until_parked(2);
        cancelled.cancel();
        go_on = true;
        CHECK_THROWS_AS(failing.join(), std::runtime_error);
        CHECK_THROWS_AS(cancelled.join(), weft::cancelled);
        patient.join();
        CHECK(done_by == 2);
    });
}

TEST_CASE("once_value computes once, shares the result, and lets go of the function", "[once]") {
    in_fibers([] {
        std::atomic<int> calls = 0;
        auto const held = std::make_shared<int>(1);
        {
            weft::once_value const number([&calls, held] {
                ++calls;
                return std::make_unique<int>(42 * *held);
            });
            std::vector<weft::fiber<int>> fibers;
            for (int i = 0; i != 5; ++i) fibers.push_back(weft::spawn([number] { return *number(); }));
            for (auto& fiber : fibers) CHECK(fiber.join() == 42);
            CHECK(&number() == &number());
            CHECK(held.use_count() == 1);
        }
        CHECK(calls == 1);
        {
            weft::once_value const object([] { return counted(3); });
            weft::once_value const unused([] { return counted(4); });
            CHECK(object().value() == 3);
            CHECK(counted::live() == 1);
        }
        CHECK(counted::live() == 0);
    });
}

TEST_CASE("once_value works for void and for references", "[once]") {
    int calls = 0;
    weft::once_value const act([&] { ++calls; });
    act();
    act();
    CHECK(calls == 1);
    weft::once_value const where([&]() -> int& { return calls; });
    static_assert(std::is_same_v<decltype(where()), int&>);
    CHECK(&where() == &calls);
}

TEST_CASE("once_value throws to everybody what its one call threw, unless that was cancelled", "[once][cancel]") {
    in_fibers([] {
        std::atomic<int> calls = 0;
        weft::once_value const fails([&]() -> int {
            ++calls;
            throw std::runtime_error("no luck");
        });
        CHECK_THROWS_AS(fails(), std::runtime_error);
        CHECK_THROWS_AS(fails(), std::runtime_error);
        CHECK(calls == 1);

        std::atomic<int> tries = 0;
        weft::once_value const waits([&] {
            if (++tries == 1) weft::this_fiber::sleep_for(std::chrono::hours(1));
            return 5;
        });
        auto cancelled = weft::spawn([&] { waits(); });
        until_parked(1);
        cancelled.cancel();
        CHECK_THROWS_AS(cancelled.join(), weft::cancelled);
        CHECK(waits() == 5);
    });
}

namespace {

child const recursive{"a once that calls itself", [] {
                          weft::run([] {
                              weft::once first;
                              first.call([&] { first.call([] {}); });
                          });
                          return 0;
                      }};

}  // namespace

TEST_CASE("a once that calls itself stops the program and says why", "[once][child]") {
    auto const end = recursive.run();
    CHECK(end.signal == SIGABRT);
    CHECK(end.says("once"));
}
