// What one select does: which case runs, what the others leave alone.

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::make_chan;
using weft::on_recv;
using weft::on_send;
using weft::on_timeout;
using weft::otherwise;
using weft::select;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("select runs the ready case and returns its index", "[select][C15]") {
    in_fibers([] {
        auto const empty = make_chan<int>(1), full = make_chan<int>(1);
        full.send(1);
        std::optional<int> slot;
        int handled = 0;
        CHECK(select(on_recv(empty, slot), on_recv(full, [&](std::optional<int> value) { handled = *value; })) == 1);
        CHECK(handled == 1);
        CHECK(select(on_send(empty, 2), on_recv(full, slot)) == 0);
        CHECK(select(on_recv(full, slot), on_recv(empty, slot)) == 1);
        CHECK(slot == 2);
    });
}

TEST_CASE("select sleeps until a case is ready", "[select][C15]") {
    in_fibers([] {
        auto const a = make_chan<int>();
        auto const b = make_chan<std::string>();
        auto chooser = weft::spawn([=] {
            std::optional<int> number;
            std::optional<std::string> text;
            auto const index = select(on_recv(a, number), on_recv(b, text));
            return index == 1 && !number && text == "woven";
        });
        until_parked(1);
        b.send("woven");
        CHECK(chooser.join());

        auto sending = weft::spawn([=] { return select(on_recv(a, [](std::optional<int>) {}), on_send(b, "sent")); });
        until_parked(1);
        CHECK(b.recv() == "sent");
        CHECK(sending.join() == 1);
    });
}

TEST_CASE("channels and values are evaluated once, also for losers", "[select][C15]") {
    in_fibers([] {
        auto const quiet = make_chan<int>(), ready = make_chan<int>(1);
        std::vector<int> order;
        auto const note = [&](int mark, auto value) {
            order.push_back(mark);
            return value;
        };
        // The order in a call is the compiler's. What select guarantees is once each, whoever wins.
        select(on_recv(note(1, quiet), [](std::optional<int>) {}), on_send(note(2, ready), note(3, 5)));
        std::ranges::sort(order);
        CHECK(order == std::vector{1, 2, 3});
        CHECK(ready.recv() == 5);
    });
}

TEST_CASE("a receive slot is written only if its case is chosen", "[select][C15]") {
    in_fibers([] {
        auto const quiet = make_chan<int>(), ready = make_chan<int>(1), closed = make_chan<int>();
        closed.close();
        std::optional<int> losing = 7, winning;
        ready.send(1);
        CHECK(select(on_recv(quiet, losing), on_recv(ready, winning)) == 1);
        CHECK(losing == 7);
        CHECK(winning == 1);
        CHECK(select(on_recv(quiet, losing), on_timeout(1ms)) == 1);
        CHECK(losing == 7);
        CHECK(select(on_recv(quiet, losing), on_recv(closed, winning)) == 1);
        CHECK(losing == 7);
        CHECK_FALSE(winning.has_value());
    });
}

TEST_CASE("a losing send leaves its value intact", "[select][C15]") {
    in_fibers([] {
        auto const quiet = make_chan<std::string>();
        auto const ready = make_chan<int>(1);
        std::string value(100, 'w');
        CHECK(select(on_send(quiet, std::move(value)), on_send(ready, 1)) == 1);
        CHECK(value == std::string(100, 'w'));
        CHECK(select(on_send(quiet, std::move(value)), on_timeout(1ms)) == 1);
        CHECK(value == std::string(100, 'w'));
        CHECK(select(on_send(quiet, std::move(value)), otherwise()) == 1);
        CHECK(value == std::string(100, 'w'));

        auto receiver = weft::spawn([quiet] { return quiet.recv(); });
        CHECK(select(on_send(quiet, std::move(value))) == 0);
        CHECK(receiver.join() == std::string(100, 'w'));
        CHECK(value.empty());
    });
}

TEST_CASE("an lvalue to send is copied and kept", "[select][C15]") {
    in_fibers([] {
        auto const ch = make_chan<std::string>(2);
        std::string const value = "kept";
        std::string other = "kept too";
        select(on_send(ch, value));
        select(on_send(ch, other));
        CHECK(value == "kept");
        CHECK(other == "kept too");
        CHECK(ch.recv() == "kept");
        CHECK(ch.recv() == "kept too");
    });
}

TEST_CASE("exactly one handler runs, after the losers are unlinked", "[select][C15][C18]") {
    in_fibers([] {
        auto const a = make_chan<int>(), b = make_chan<int>();
        auto chooser = weft::spawn([=] {
            int ran = 0;
            bool alone = false;
            select(on_recv(a,
                           [&](std::optional<int>) {
                               ++ran;
                               alone = b.try_send(1) == chan_status::would_block;  // nobody waits at b any more
                           }),
                   on_recv(b, [&](std::optional<int>) { ++ran; }));
            return ran == 1 && alone;
        });
        until_parked(1);
        a.send(1);
        CHECK(chooser.join());
    });
}

TEST_CASE("an exception of a handler comes out of select", "[select]") {
    in_fibers([] {
        auto const ch = make_chan<int>(1);
        CHECK_THROWS_AS(select(on_send(ch, 1, [] { throw std::runtime_error("from the handler"); })),
                        std::runtime_error);
        CHECK(ch.size() == 1);
        CHECK_THROWS_AS(select(on_recv(ch, [](std::optional<int>) { throw 5; })), int);
        CHECK(ch.size() == 0);
        CHECK_THROWS_AS(select(on_recv(ch, [](std::optional<int>) {}), otherwise([] { throw 6; })), int);
        CHECK_THROWS_AS(select(on_recv(ch, [](std::optional<int>) {}), on_timeout(1us, [] { throw 7; })), int);
    });
}

TEST_CASE("a handler may select again", "[select]") {
    in_fibers([] {
        auto const a = make_chan<int>(1), b = make_chan<int>(1);
        a.send(1), b.send(2);
        int inner = 0;
        select(on_recv(a, [&](std::optional<int> first) {
            select(on_recv(b, [&](std::optional<int> second) { inner = *first + *second; }));
        }));
        CHECK(inner == 3);
    });
}

TEST_CASE("only nil cases wait forever, unless there is an otherwise", "[select][C10][C20]") {
    in_fibers([] {
        weft::chan<int> const nil;
        std::optional<int> slot = 4;
        CHECK(select(on_recv(nil, slot), on_send(nil, 1), otherwise()) == 2);
        CHECK(select(on_recv(nil, slot), on_send(nil, 1), on_timeout(1ms)) == 2);
        CHECK(slot == 4);
        auto forever = weft::spawn([nil] { select(on_recv(nil, [](std::optional<int>) {}), on_send(nil, 1)); });
        auto nothing = weft::spawn([] { select(); });
        until_parked(2);
        weft_test::let_others_run();
        CHECK_FALSE(forever.join_for(0ms));
        CHECK_FALSE(nothing.join_for(0ms));

        auto const live = make_chan<int>(1);
        live.send(9);
        CHECK(select(on_recv(nil, slot), on_recv(live, slot)) == 1);  // nil beside a live one
        CHECK(slot == 9);
    });
}

TEST_CASE("a send on a closed channel is ready and throws", "[select][C21]") {
    in_fibers([] {
        auto const closed = make_chan<std::string>(3), quiet = make_chan<std::string>();
        closed.close();
        std::string value = "kept";
        std::optional<std::string> slot;
        bool handled = false;
        CHECK_THROWS_AS(select(on_send(closed, std::move(value), [&] { handled = true; }), on_recv(quiet, slot)),
                        weft::closed_channel);
        CHECK_THROWS_AS(select(on_send(closed, std::move(value)), otherwise()), weft::closed_channel);
        CHECK(value == "kept");
        CHECK_FALSE(handled);
    });
}

TEST_CASE("a receive from a closed channel is ready",
          "[select][C21][bug][B16]") {  // others never fired it inside select
    in_fibers([] {
        auto const closed = make_chan<int>(2);
        closed.send(1);
        closed.close();
        std::optional<int> slot;
        CHECK(select(on_recv(closed, slot), on_timeout(1h)) == 0);
        CHECK(slot == 1);
        for (int i = 0; i != 10; ++i) {
            CHECK(select(on_recv(closed, slot), on_timeout(1h)) == 0);
            CHECK_FALSE(slot.has_value());
        }
        CHECK(select(on_recv(closed, slot), otherwise()) == 0);
    });
}

TEST_CASE("an ordered select takes the first ready case", "[select]") {
    in_fibers([] {
        auto const a = make_chan<int>(1), b = make_chan<int>(1), c = make_chan<int>(1);
        std::optional<int> slot;
        for (int i = 0; i != 100; ++i) {
            if (b.size() == 0) b.send(1);
            if (c.size() == 0) c.send(1);
            if (select(weft::ordered, on_recv(a, slot), on_recv(b, slot), on_recv(c, slot)) != 1) FAIL("not the first");
        }
        CHECK(select(weft::ordered, on_recv(a, slot), otherwise()) == 1);
        CHECK(select(weft::ordered, on_recv(a, slot), on_timeout(1ms)) == 1);
    });
}

TEST_CASE("views are selectable", "[select][C8]") {
    in_fibers([] {
        auto const ch = make_chan<int>(1);
        weft::send_chan<int> const sending = ch;
        weft::recv_chan<int> const receiving = ch;
        std::optional<int> slot;
        CHECK(select(on_send(sending, 3), on_timeout(1h)) == 0);
        CHECK(select(on_recv(receiving, slot), on_timeout(1h)) == 0);
        CHECK(slot == 3);
    });
}
