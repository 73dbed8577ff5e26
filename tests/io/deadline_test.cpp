// Deadlines of sockets.

#include <chrono>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

std::error_code read_error(net::tcp_stream& stream) {
    std::byte byte[1];
    std::error_code ec;
    stream.read_some(byte, ec);
    return ec;
}

}  // namespace

TEST_CASE("a deadline ends a read that waits, not before its time", "[net][C49]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto const deadline = weft::clock::now() + 5ms;
        near.set_deadline(deadline);
        CHECK(read_error(near) == std::errc::timed_out);
        CHECK(weft::clock::now() >= deadline);
        CHECK(read_error(near) == std::errc::timed_out);  // sticky
        std::byte byte[1];
        try {
            near.read_some(byte);
            FAIL("read");
        } catch (std::system_error const& e) {
            CHECK(e.code() == std::errc::timed_out);
        }
    });
}

TEST_CASE("a deadline in the past fails at once, even if there is data", "[net][C49]") {
    in_fibers([] {
        auto [near, far] = connect();
        send(far, "data");
        near.set_read_deadline(past());
        CHECK(read_error(near) == std::errc::timed_out);
        send(near, "writing is another matter");
        CHECK(receive(far) == "writing is another matter");

        near.clear_deadline();
        CHECK(receive(near) == "data");
        near.set_write_deadline(past());
        std::error_code ec;
        CHECK(near.write_all(weft::as_bytes("x"), ec) == 0);
        CHECK(ec == std::errc::timed_out);
        send(far, "more");
        CHECK(receive(near) == "more");
    });
}

TEST_CASE("a deadline set by another fiber reaches the operation in progress", "[net][C49]") {
    in_fibers([] {
        auto [near, far] = connect();
        for (bool const first_has_one : {false, true}) {
            near.set_deadline(first_has_one ? weft::clock::now() + 1h : weft::clock::time_point::max());
            auto reader = weft::spawn([&near = near] { return read_error(near); });
            until_parked(1);
            near.set_deadline(past());
            CHECK(reader.join() == std::errc::timed_out);
        }
        near.clear_deadline();
        auto const filled = fill(near);
        auto writer = weft::spawn([&near = near] {
            std::error_code ec;
            near.write_all(weft::as_bytes("x"), ec);
            return ec;
        });
        until_parked(1);
        near.set_write_deadline(weft::clock::now() + 1ms);
        CHECK(writer.join() == std::errc::timed_out);
        CHECK(filled > 0);
    });
}

TEST_CASE("moving or clearing a deadline spares the operation in progress", "[net][C49]") {
    in_fibers([] {
        auto [near, far] = connect();
        for (bool const cleared : {false, true}) {
            bool in_time = false;
            while (!in_time) {  // an attempt counts if the deadline was changed before it was over
                auto const first = weft::clock::now() + 10ms;
                near.set_deadline(first);
                auto reader = weft::spawn([&near = near] { return receive(near); });
                yield_until([&] { return weft::detail::parked_fibers() == 1 || weft::clock::now() >= first; });
                if (cleared)
                    near.clear_deadline();
                else
                    near.set_deadline(weft::clock::now() + 1h);
                in_time = weft::clock::now() < first;
                if (!in_time) continue;
                weft::this_fiber::sleep_until(first + 5ms);
                send(far, "late");
                CHECK(reader.join() == "late");
            }
        }
    });
}

TEST_CASE("those who stand in line time out too", "[net][C49]") {
    in_fibers([] {
        auto [near, far] = connect();
        std::vector<weft::fiber<std::error_code>> readers;
        for (int i = 0; i != 5; ++i) readers.push_back(weft::spawn([&near = near] { return read_error(near); }));
        until_parked(5);
        near.set_read_deadline(weft::clock::now() + 2ms);
        for (auto& reader : readers) CHECK(reader.join() == std::errc::timed_out);
    });
}

TEST_CASE("accepting has a deadline", "[net][C49]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        std::error_code ec;
        listener.set_deadline(weft::clock::now() + 2ms);
        CHECK_FALSE(listener.accept(ec).is_open());
        CHECK(ec == std::errc::timed_out);
        CHECK_THROWS_AS(listener.accept(), std::system_error);
        listener.clear_deadline();
        auto client = net::dial(listener.local());
        CHECK(listener.accept(ec).is_open());
        CHECK_FALSE(ec);
    });
}

TEST_CASE("a write that times out says how much was sent", "[net][C49][C52]") {
    in_fibers([] {
        auto [near, far] = connect();
        near.set_write_deadline(weft::clock::now() + 20ms);
        std::string const much(64 << 20, 'x');
        std::error_code ec;
        std::size_t const sent = near.write_all(weft::as_bytes(much), ec);
        CHECK(ec == std::errc::timed_out);
        CHECK(sent < much.size());
        near.close();
        std::size_t received = 0;
        for (std::string part; !(part = receive(far, 1 << 20)).empty();) received += part.size();
        CHECK(received == sent);
    });
}

TEST_CASE("dialling has a limit, and leaves no deadline behind", "[net][C49]") {
    in_fibers([] {
        // The queue of a listener that never accepts fills up; then the system lets further attempts hang. Before, an attempt
        // fails only if this machine is too busy to make it in time.
        net::tcp_listener listener;
        std::vector<net::tcp_stream> queued;
        auto const dial_once = [&] {
            try {
                queued.push_back(net::dial(listener.local().to_string(), 30ms));
            } catch (std::system_error const& e) {
                return e.code();
            }
            return std::error_code();
        };
        while (queued.empty()) {
            listener = net::listen("127.0.0.1:0", {.backlog = 0});
            if (auto const why = dial_once()) CHECK(why == std::errc::timed_out);
        }
        std::error_code ec;
        auto const start = weft::clock::now();
        while (!ec && queued.size() < 100) ec = dial_once();
        CHECK(ec == std::errc::timed_out);
        CHECK(weft::clock::now() - start >= 30ms);

        auto far = listener.accept();
        weft::this_fiber::sleep_for(40ms);
        send(far, "no deadline");
        CHECK(receive(queued.front()) == "no deadline");
    });
}
