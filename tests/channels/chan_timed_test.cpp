// The calls that never wait, and those that wait only so long.

#include <chrono>
#include <optional>
#include <vector>
#include <weft/chan.hpp>
#include <weft/clock.hpp>
#include <weft/go.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::make_chan;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("try_send and try_recv act now or not at all", "[channel][C1]") {
    in_fibers([] {
        auto const unbuffered = make_chan<int>();
        int value = 9;
        CHECK(unbuffered.try_send(1) == chan_status::would_block);
        CHECK(unbuffered.try_recv(value) == chan_status::would_block);
        CHECK(value == 9);
        std::optional<int> slot = 9;
        CHECK(unbuffered.try_recv(slot) == chan_status::would_block);
        CHECK_FALSE(slot.has_value());

        auto receiver = weft::spawn([unbuffered] { return unbuffered.recv(); });
        until_parked(1);
        CHECK(unbuffered.try_send(2) == chan_status::ok);
        CHECK(receiver.join() == 2);

        auto sender = weft::spawn([unbuffered] { unbuffered.send(3); });
        until_parked(1);
        CHECK(unbuffered.try_recv(value) == chan_status::ok);
        CHECK(value == 3);
        sender.join();

        auto const buffered = make_chan<int>(1);
        CHECK(buffered.try_send(4) == chan_status::ok);
        CHECK(buffered.try_send(5) == chan_status::would_block);
        CHECK(buffered.try_recv(slot) == chan_status::ok);
        CHECK(slot == 4);
    });
}

TEST_CASE("a timed call waits at least as long as it was told", "[channel][timer][C35]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        std::optional<int> slot = 1;
        int value = 2;
        auto const elapsed = [](auto const& call) {
            auto const start = weft::clock::now();
            bool const timed_out = call() == chan_status::timed_out;
            return timed_out ? weft::clock::now() - start : weft::clock::duration(-1);
        };
        CHECK(elapsed([&] { return ch.recv_for(value, 3ms); }) >= 3ms);
        CHECK(elapsed([&] { return ch.recv_for(slot, 3ms); }) >= 3ms);
        CHECK(elapsed([&] { return ch.send_for(1, 3ms); }) >= 3ms);
        CHECK(elapsed([&] { return ch.send_until(1, weft::clock::now() + 3ms); }) >= 3ms);
        CHECK(elapsed([&] { return ch.recv_until(value, weft::clock::now() + 3ms); }) >= 3ms);
        CHECK(value == 2);
        CHECK_FALSE(slot.has_value());
    });
}

TEST_CASE("a deadline in the past allows what needs no waiting", "[channel][C35]") {
    in_fibers([] {
        auto const ch = make_chan<int>(1);
        int value = 0;
        auto const past = weft::clock::now() - 1h;
        CHECK(ch.recv_until(value, past) == chan_status::timed_out);
        CHECK(ch.send_until(6, past) == chan_status::ok);
        CHECK(ch.send_until(7, past) == chan_status::timed_out);
        CHECK(ch.recv_for(value, -1s) == chan_status::ok);
        CHECK(value == 6);
        CHECK(ch.recv_for(value, 0s) == chan_status::timed_out);
    });
}

TEST_CASE("a huge duration saturates", "[channel][C35]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        auto receiver = weft::spawn([ch] {
            int value = 0;
            return ch.recv_for(value, std::chrono::hours::max()) == chan_status::ok ? value : -1;
        });
        auto second = weft::spawn([ch] {
            int value = 0;
            return ch.recv_until(value, weft::clock::time_point::max()) == chan_status::ok ? value : -1;
        });
        until_parked(2);
        ch.send(1);
        ch.send(1);
        CHECK(receiver.join() == 1);
        CHECK(second.join() == 1);
    });
}

TEST_CASE("a timed call that is served in time leaves no timer", "[channel][C38]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        auto sender = weft::spawn([ch] {
            for (int i = 0; i != 100; ++i) ch.send_for(i, 1h);
        });
        int value = -1;
        for (int i = 0; i != 100; ++i) {
            CHECK(ch.recv_for(value, 1h) == chan_status::ok);
            CHECK(value == i);
        }
        sender.join();
    });  // a timer left armed would keep the runtime, and the fixture counts what stays
}

TEST_CASE("a waiter that timed out is gone", "[channel][C18]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        int value = 0;
        CHECK(ch.recv_for(value, 1ms) == chan_status::timed_out);
        CHECK(ch.try_send(1) == chan_status::would_block);
        CHECK(ch.send_for(1, 1ms) == chan_status::timed_out);
        CHECK(ch.try_recv(value) == chan_status::would_block);
    });
}

// A deadline that races with a sender: the value is received, or it is still to be received, never lost.
TEST_CASE("a receive that races with its deadline loses no value", "[channel][C2][C35]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        constexpr int values = weft_test::sized(2'000, 1'000, 300);
        auto sender = weft::spawn([ch] {
            int timeouts = 0;
            for (int i = 0; i != values;) {
                if (ch.send_for(i, std::chrono::microseconds(i % 7)) == chan_status::ok)
                    ++i;
                else
                    ++timeouts;
            }
            ch.close();
            return timeouts;
        });
        int expected = 0, value = -1;
        bool in_order = true;
        for (chan_status status{}; status != chan_status::closed;) {
            status = ch.recv_for(value, std::chrono::microseconds(expected % 5));
            if (status == chan_status::ok) in_order = in_order && value == expected++;
        }
        CHECK(in_order);
        CHECK(expected == values);
        sender.join();
    });
}
