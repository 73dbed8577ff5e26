// Bugs that others shipped, in channels and locks: a named test for each.

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::make_chan;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a non-blocking push wakes a waiting receiver", "[channel][bug][B2]") {  // Boost.Fiber #114
    in_fibers([] {
        for (int const capacity : {0, 1}) {
            auto const ch = make_chan<int>(capacity);
            auto receiver = weft::spawn([ch] { return ch.recv(); });
            until_parked(1);
            CHECK(ch.try_send(1) == chan_status::ok);
            CHECK(receiver.join() == 1);

            auto chooser = weft::spawn([ch] {
                std::optional<int> slot;
                weft::select(weft::on_recv(ch, slot), weft::on_timeout(1h));
                return slot;
            });
            until_parked(1);
            weft::select(weft::on_send(ch, 2), weft::otherwise());
            CHECK(chooser.join() == 2);
        }
    });
}

TEST_CASE("try_recv ends, whatever others do", "[channel][bug][B3]") {  // Boost.Fiber #111: an endless try_pop
    in_fibers([] {
        auto const ch = make_chan<int>(1);
        std::atomic<bool> done = false;
        std::vector<weft::fiber<>> others;
        for (int i = 0; i != 3; ++i)
            others.push_back(weft::spawn([ch, &done] {
                int value = 0;
                for (; !done; weft::this_fiber::yield()) {
                    ch.try_send(1);
                    ch.try_recv(value);
                }
            }));
        int value = 0;
        for (int i = 0; i != weft_test::sized(100'000, 20'000, 2'000); ++i) {
            ch.try_recv(value);
            if (i % 32 == 0) weft::this_fiber::yield();
        }
        done = true;
        for (auto& other : others) other.join();
    });
}

TEST_CASE("a blocked push does not stay blocked after close", "[channel][bug][B4]") {  // Boost.Fiber #181
    in_fibers([] {
        for (int round = 0; round != 200; ++round) {
            auto const ch = make_chan<int>(1);
            ch.send(0);
            auto sender = weft::spawn([ch] {
                try {
                    ch.send(1);
                    return false;
                } catch (weft::closed_channel const&) {
                    return true;
                }
            });
            if (round % 2 == 0) until_parked(1);  // else close races with the send
            ch.close();
            CHECK(sender.join());
        }
    });
}

TEST_CASE("two sides that both select do not hang", "[channel][select][bug][B5]") {  // Boost.Fiber #268
    in_fibers([] {
        constexpr int rounds = weft_test::sized(10'000, 5'000, 500);
        auto const ch = make_chan<int>(), stop = make_chan<int>();
        auto receiver = weft::spawn([=] {
            int received = 0;
            std::optional<int> slot;
            while (weft::select(weft::on_recv(ch, slot), weft::on_recv(stop, slot)) == 0) ++received;
            return received;
        });
        for (int i = 0; i != rounds; ++i) weft::select(weft::on_send(ch, i), weft::on_send(weft::chan<int>(), i));
        stop.close();
        CHECK(receiver.join() == rounds);
    });
}

TEST_CASE("a select sleeps through no close, and finds the drained channel ready ever after", "[select][bug][B16]") {
    in_fibers([] {
        for (int round = 0; round != 100; ++round) {
            auto const ch = make_chan<int>(1), quiet = make_chan<int>();
            auto receiver = weft::spawn([=] {
                int values = 0, ends = 0;
                std::optional<int> slot;
                while (ends != 3) {
                    weft::select(weft::on_recv(quiet, slot), weft::on_recv(ch, slot));
                    ++(slot ? values : ends);
                }
                return values;
            });
            ch.send(1);
            if (round % 2 == 0) until_parked(1);  // drained and asleep; else close races with it
            ch.close();
            CHECK(receiver.join() == 1);
        }
    });
}

TEST_CASE("removing a waiter from a long queue costs the same as from a short one", "[channel][select][C24]") {
    // 20,000 waiters that time out in the order in which a search from either end would find them last: with a queue that is
    // searched this takes minutes and the watchdog ends it.
    weft_test::with_workers([](weft::runtime_options options) {
        options.stack_bytes = 64 * 1024;
        weft::run(
            [] {
                constexpr int waiters = weft_test::sized(20'000, 10'000, 500);
                auto const quiet = make_chan<int>();
                std::vector<weft::fiber<>> fibers;
                for (int i = 0; i != waiters; ++i)
                    fibers.push_back(weft::spawn([quiet] {
                        std::optional<int> slot;
                        weft::select(weft::on_recv(quiet, slot), weft::on_recv(quiet, slot));
                    }));
                until_parked(waiters);
                for (std::size_t i = 0; i != fibers.size(); ++i) fibers[(i * 7919) % fibers.size()].cancel();
                for (auto& fiber : fibers) CHECK_THROWS_AS(fiber.join(), weft::cancelled);
            },
            options);
    });
}

TEST_CASE("a wake-up is not lost between nothing to do and sleep", "[channel][sched][bug][B13]") {  // Silk #76
    in_fibers([] {
        // Every hand-over lets the workers run dry and fall asleep in the middle of the next one.
        auto const there = make_chan<int>(), back = make_chan<int>();
        auto echo = weft::spawn([=] {
            for (int value : there) back.send(value);
        });
        for (int i = 0; i != weft_test::sized(20'000, 10'000, 1'000); ++i) {
            there.send(i);
            if (back.recv() != i) FAIL("at " << i);
            if (i % 100 == 0) weft::this_fiber::sleep_for(50us);
        }
        there.close();
        echo.join();
    });
}

TEST_CASE("more woken fibers than a run queue holds lose nobody", "[channel][sched][bug][B10]") {  // brpc #473
    in_fibers([] {
        constexpr int waiters = weft_test::sized(2'000, 2'000, 1'000);
        for (int round = 0; round != 3; ++round) {
            auto const gate = make_chan<int>();
            std::vector<weft::fiber<bool>> fibers;
            for (int i = 0; i != waiters; ++i)
                fibers.push_back(weft::spawn([gate] { return gate.recv().has_value(); }));
            until_parked(waiters);
            gate.close();  // wakes them all at once, from one fiber
            int woken = 0;
            for (auto& fiber : fibers) woken += fiber.join() ? 0 : 1;
            CHECK(woken == waiters);
        }
    });
}

TEST_CASE("a sleeper that is interrupted is resumed once", "[channel][sched][bug][B19]") {  // Photon #1598
    in_fibers([] {
        constexpr int rounds = weft_test::sized(3'000, 1'500, 300);
        for (int i = 0; i != rounds; ++i) {
            auto const ch = make_chan<int>();
            std::atomic<int> resumed = 0;
            auto sleeper = weft::spawn([&, ch] {
                std::optional<int> slot;
                try {
                    weft::select(weft::on_recv(ch, slot), weft::on_timeout(std::chrono::microseconds(i % 20)));
                } catch (weft::cancelled const&) {}
                ++resumed;
            });
            auto sender = weft::spawn([ch] { ch.try_send(1); });
            if (i % 2 == 0) sleeper.cancel();  // the value, the timer and the cancellation race
            sleeper.join();
            sender.join();
            if (resumed != 1) FAIL("resumed " << resumed << " times");
        }
    });
}
