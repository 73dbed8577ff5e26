// Select beside time and joins.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <weft/chan.hpp>
#include <weft/clock.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::make_chan;
using weft::on_deadline;
using weft::on_join;
using weft::on_recv;
using weft::on_send;
using weft::on_timeout;
using weft::otherwise;
using weft::select;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a timeout fires, and never early", "[select][timer][C35]") {
    in_fibers([] {
        auto const quiet = make_chan<int>();
        std::optional<int> slot;
        bool fired = false;
        auto const start = weft::clock::now();
        CHECK(select(on_recv(quiet, slot), on_timeout(5ms, [&] { fired = true; })) == 1);
        CHECK(weft::clock::now() - start >= 5ms);
        CHECK(fired);
        CHECK(select(on_recv(quiet, slot), on_deadline(weft::clock::now() + 2ms)) == 1);
        CHECK(weft::clock::now() - start >= 7ms);
        CHECK(select(on_timeout(1ms)) == 0);
    });
}

TEST_CASE("a timeout of nothing or less fires at once", "[select][timer][C35]") {
    in_fibers([] {
        auto const quiet = make_chan<int>();
        std::optional<int> slot;
        CHECK(select(on_recv(quiet, slot), on_timeout(0s)) == 1);
        CHECK(select(on_recv(quiet, slot), on_timeout(-5h)) == 1);
        CHECK(select(on_recv(quiet, slot), on_deadline(weft::clock::time_point::min())) == 1);
    });
}

TEST_CASE("a timeout without end saturates", "[select][timer][C35]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        auto chooser = weft::spawn([ch] {
            std::optional<int> slot;
            return select(on_recv(ch, slot), on_timeout(std::chrono::hours::max()),
                          on_deadline(weft::clock::time_point::max()));
        });
        until_parked(1);
        ch.send(1);
        CHECK(chooser.join() == 0);
    });
}

TEST_CASE("the earliest of several timeouts wins", "[select][timer]") {
    in_fibers([] { CHECK(select(on_timeout(1h), on_timeout(1ms), on_timeout(2h)) == 1); });
}

TEST_CASE("a timeout that lost leaves nothing behind", "[select][timer][C25][C38]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        auto sender = weft::spawn([ch] {
            for (int i = 0; i != 1'000; ++i) select(on_send(ch, i), on_timeout(1h));
        });
        std::optional<int> slot;
        for (int i = 0; i != 1'000; ++i)
            if (select(on_timeout(1h), on_recv(ch, slot)) != 1 || slot != i) FAIL("at " << i);
        sender.join();
    });
}

TEST_CASE("select waits for a fiber's end", "[select][join][C25]") {
    in_fibers([] {
        auto const gate = make_chan<weft::unit>(), quiet = make_chan<weft::unit>();
        auto worker = weft::spawn([gate] {
            gate.recv();
            return std::make_unique<int>(6);
        });
        CHECK(select(on_join(worker), otherwise()) == 1);
        CHECK(select(on_join(worker), on_timeout(1ms)) == 1);
        auto opener = weft::spawn([gate] { gate.send({}); });
        bool ended = false;
        CHECK(select(on_recv(quiet, [](std::optional<weft::unit>) {}), on_join(worker, [&] { ended = true; })) == 1);
        CHECK(ended);
        CHECK(worker.joinable());
        CHECK(select(on_join(worker), otherwise()) == 0);  // it stays ready
        CHECK(*worker.join() == 6);
        opener.join();
    });
}

TEST_CASE("a fiber's end may be waited for by several cases of a select", "[select][join]") {
    in_fibers([] {
        auto const gate = make_chan<weft::unit>();
        auto worker = weft::spawn([gate] { gate.recv(); });
        CHECK(select(on_join(worker), on_join(worker), on_timeout(1ms)) == 2);
        std::atomic<bool> opened = false;
        auto opener = weft::spawn([&, gate] {
            until_parked(2);
            opened = true;
            gate.send({});
        });
        CHECK(select(on_join(worker), on_join(worker)) < 2);
        CHECK(opened);
        worker.join();
        opener.join();
    });
}

TEST_CASE("a fiber that failed is joinable in select, and join rethrows", "[select][join]") {
    in_fibers([] {
        auto failing = weft::spawn([]() -> int { throw std::runtime_error("failed"); });
        CHECK(select(on_join(failing), on_timeout(1h)) == 0);
        CHECK_THROWS_AS(failing.join(), std::runtime_error);
    });
}

TEST_CASE("of a channel, a timer and a join each can win and the others leave no trace", "[select][C25]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        std::optional<int> slot;
        for (int winner = 0; winner != 3; ++winner) {
            auto sender = weft::spawn([ch, winner] {
                if (winner == 0) ch.send(1);
            });
            auto const gate = make_chan<int>();
            auto other = weft::spawn([gate, winner] {
                if (winner != 1) gate.recv();
            });
            auto const limit = winner == 2 ? weft::clock::duration(2ms) : weft::clock::duration(1h);
            CHECK(select(on_recv(ch, slot), on_join(other), on_timeout(limit)) == static_cast<std::size_t>(winner));
            CHECK(ch.try_send(1) == weft::chan_status::would_block);
            gate.close();
            other.join();
            sender.join();
        }
    });
}
