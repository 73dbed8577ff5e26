// event: once set, always set.

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/event.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;

TEST_CASE("an event lets all waiters through, and all that come later", "[event]") {
    in_fibers([] {
        weft::event event;
        CHECK_FALSE(event.is_set());
        std::vector<weft::fiber<>> waiters;
        for (int i = 0; i != 10; ++i) waiters.push_back(weft::spawn([&] { event.wait(); }));
        until_parked(10);
        event.set();
        event.set();
        for (auto& waiter : waiters) waiter.join();
        CHECK(event.is_set());
        event.wait();
        CHECK(event.wait_for(0ms));
        CHECK(event.wait_until(weft::clock::time_point::min()));
    });
}

TEST_CASE("a timed wait for an event gives up at its deadline", "[event]") {
    in_fibers([] {
        weft::event event;
        auto const start = weft::clock::now();
        CHECK_FALSE(event.wait_for(5ms));
        CHECK(weft::clock::now() - start >= 5ms);
        CHECK_FALSE(event.wait_for(0ms));
        auto waiter = weft::spawn([&] { return event.wait_for(1h); });
        until_parked(1);
        event.set();
        CHECK(waiter.join());
    });
}

TEST_CASE("a wait for an event can be cancelled, and leaves nothing behind", "[event][cancel]") {
    in_fibers([] {
        weft::event event;
        auto waiter = weft::spawn([&] { event.wait(); });
        until_parked(1);
        waiter.cancel();
        CHECK_THROWS_AS(waiter.join(), weft::cancelled);
        event.set();
    });
}

TEST_CASE("what came before set is visible after every kind of wait, to fibers and threads", "[event][thread]") {
    with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(200, 100, 30);
        for (int round = 0; round != rounds; ++round) {
            weft::event event;
            int written = 0;
            std::atomic<int> wrong = 0;
            std::thread thread([&] {
                event.wait();
                if (written != 1) ++wrong;
            });
            weft::run(
                [&] {
                    std::vector<weft::fiber<>> fibers;
                    for (int i = 0; i != 4; ++i)
                        fibers.push_back(weft::spawn([&, i] {
                            if (i == 0) event.wait();
                            if (i == 1) weft_test::yield_until([&] { return event.is_set(); });
                            if (i == 2) weft::select(weft::on_set(event));
                            if (i == 3 && !event.wait_for(1h)) ++wrong;
                            if (written != 1) ++wrong;
                        }));
                    if (round % 2 == 0) weft::this_fiber::yield();
                    written = 1;
                    event.set();
                    for (auto& fiber : fibers) fiber.join();
                },
                options);
            thread.join();
            CHECK(wrong == 0);
        }
    });
}

TEST_CASE("an event is a case of select", "[event][select][C25]") {
    in_fibers([] {
        weft::event event;
        auto const ch = weft::make_chan<int>();
        std::optional<int> value;
        CHECK(weft::select(weft::on_set(event), weft::otherwise()) == 1);
        CHECK(weft::select(weft::on_set(event), weft::on_timeout(1ms)) == 1);

        auto sender = weft::spawn([&] { ch.send(7); });
        CHECK(weft::select(weft::on_set(event), weft::on_recv(ch, value)) == 1);
        CHECK(value == 7);
        sender.join();

        bool handled = false;
        auto waiter = weft::spawn(
            [&] { return weft::select(weft::on_recv(ch, value), weft::on_set(event, [&] { handled = true; })); });
        until_parked(1);
        event.set();
        CHECK(waiter.join() == 1);
        CHECK(handled);
        CHECK(weft::select(weft::on_set(event), weft::otherwise()) == 0);

        std::vector<weft::select_case> cases;
        cases.push_back(weft::on_recv(ch, value));
        cases.push_back(weft::on_set(event));
        CHECK(weft::select(cases) == 1);
    });
}

TEST_CASE("a hundred thousand selects beside a quiet event leave no trace", "[event][select][C18]") {
    in_fibers([] {
        constexpr int rounds = weft_test::sized(100'000, 20'000, 5'000);
        weft::event quiet;
        auto const busy = weft::make_chan<int>(1);
        std::optional<int> value;
        for (int i = 0; i != rounds; ++i) {
            busy.send(i);
            weft::select(weft::on_set(quiet), weft::on_recv(busy, value));
        }
        CHECK(value == rounds - 1);
    });
}

namespace {

child const destroyed{"destroy an event under a waiter", [] {
                          weft::run([] {
                              auto event = std::make_unique<weft::event>();
                              weft::go([&] { event->wait(); });
                              until_parked(1);
                              event.reset();
                          });
                          return 0;
                      }};

}  // namespace

TEST_CASE("destroying an event under a waiter stops the program and says why", "[event][child]") {
    auto const end = destroyed.run();
    CHECK(end.signal == SIGABRT);
    CHECK(end.says("event"));
}
