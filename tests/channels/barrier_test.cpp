// barrier: phases, leaving, cancellation.

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/barrier.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("nobody leaves a phase before all have arrived, phase after phase", "[barrier][thread]") {
    weft_test::with_workers([](weft::runtime_options options) {
        constexpr int participants = 5;
        constexpr int phases = weft_test::sized(2'000, 1'000, 300);
        weft::barrier barrier(participants);
        std::array<int, participants> written{};  // by one before each phase, read by all after it
        std::atomic<int> wrong = 0;
        auto const take_part = [&](int me) {
            for (int phase = 1; phase <= phases; ++phase) {
                written[static_cast<std::size_t>(me)] = phase;
                barrier.arrive_and_wait();
                for (int value : written)
                    if (value != phase) ++wrong;
                barrier.arrive_and_wait();
            }
        };
        std::thread thread(take_part, 0);
        weft::run(
            [&] {
                std::vector<weft::fiber<>> fibers;
                for (int i = 1; i != participants; ++i) fibers.push_back(weft::spawn(take_part, i));
                for (auto& fiber : fibers) fiber.join();
            },
            options);
        thread.join();
        CHECK(wrong == 0);
    });
}

TEST_CASE("who drops out counts for this phase and is not expected in the next", "[barrier]") {
    in_fibers([] {
        weft::barrier barrier(3);
        auto one = weft::spawn([&] { barrier.arrive_and_wait(); });
        until_parked(1);
        barrier.arrive_and_drop();
        weft_test::let_others_run();
        CHECK_FALSE(one.join_for(0ms));
        barrier.arrive_and_wait();
        one.join();
        auto two = weft::spawn([&] { barrier.arrive_and_wait(); });
        barrier.arrive_and_wait();  // two are enough now
        two.join();
        auto three = weft::spawn([&] { barrier.arrive_and_wait(); });
        until_parked(1);
        barrier.arrive_and_drop();  // the last one missing
        three.join();
        barrier.arrive_and_wait();  // one is enough
    });
}

TEST_CASE("a cancelled wait takes its arrival back", "[barrier][cancel]") {
    in_fibers([] {
        weft::barrier barrier(2);
        auto cancelled = weft::spawn([&] { barrier.arrive_and_wait(); });
        until_parked(1);
        cancelled.cancel();
        CHECK_THROWS_AS(cancelled.join(), weft::cancelled);
        auto one = weft::spawn([&] { barrier.arrive_and_wait(); });
        until_parked(1);
        CHECK_FALSE(one.join_for(0ms));
        barrier.arrive_and_wait();
        one.join();
    });
}

TEST_CASE("a cancellation that races with the last arrival counts it or takes it back", "[barrier][cancel]") {
    in_fibers([] {
        constexpr int rounds = weft_test::sized(2'000, 1'000, 200);
        for (int i = 0; i != rounds; ++i) {
            weft::barrier barrier(2);
            std::atomic<bool> through = false;
            auto waiter = weft::spawn([&] {
                barrier.arrive_and_wait();
                through = true;
            });
            if (i % 2 == 0) until_parked(1);
            auto last = weft::spawn([&] { barrier.arrive_and_wait(); });
            waiter.cancel();
            bool was_cancelled = false;
            try {
                waiter.join();
            } catch (weft::cancelled const&) {
                was_cancelled = true;
            }
            if (was_cancelled) barrier.arrive_and_wait();  // in its place
            last.join();
            CHECK(through != was_cancelled);
        }
    });
}

namespace {

child const too_many{"more than take part in a barrier", [] {
                         weft::barrier barrier(1);
                         barrier.arrive_and_drop();
                         barrier.arrive_and_drop();
                         return 0;
                     }};
child const nobody{"arrive at a barrier for nobody", [] {
                       weft::barrier barrier(0);
                       barrier.arrive_and_wait();
                       return 0;
                   }};
child const destroyed{"destroy a barrier under a waiter", [] {
                          weft::run([] {
                              auto barrier = std::make_unique<weft::barrier>(2);
                              weft::go([&] { barrier->arrive_and_wait(); });
                              until_parked(1);
                              barrier.reset();
                          });
                          return 0;
                      }};

}  // namespace

TEST_CASE("misuse of a barrier is reported", "[barrier][child]") {
    CHECK_THROWS_AS(weft::barrier(-1), std::invalid_argument);
    for (child const* misuse : {&too_many, &nobody, &destroyed}) {
        auto const end = misuse->run();
        CHECK(end.signal == SIGABRT);
        CHECK(end.says("barrier"));
    }
}
