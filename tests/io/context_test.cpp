// Sockets under a context.

#include <string>
#include <system_error>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

TEST_CASE("with an error code, a deadline of the context is timed_out, another end of it operation_canceled",
          "[net][context][cancel]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [near, far] = connect(listener);
        std::byte byte[1];
        std::error_code ec;
        weft::with_timeout(2ms, [&, &stream = near] {
            stream.read_some(byte, ec);
            CHECK(ec == std::errc::timed_out);
            stream.read_some(byte, ec);  // still
            CHECK(ec == std::errc::timed_out);
            listener.accept(ec);
            CHECK(ec == std::errc::timed_out);
        });
        auto const [ctx, cancel] = weft::with_cancel({});
        auto reader = weft::with_context(ctx, [&, &stream = near] {
            return weft::spawn([&] {
                std::byte mine[1];
                std::error_code failed;
                stream.read_some(mine, failed);
                return failed;
            });
        });
        until_parked(1);
        cancel();
        CHECK(reader.join() == std::errc::operation_canceled);
        send(far, "x");
        CHECK(receive(near) == "x");  // the stream is as it was
    });
}

TEST_CASE("without one, the context's reason is thrown", "[net][context][cancel]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [near, far] = connect(listener);
        fill(near);
        CHECK_THROWS_AS(weft::with_timeout(1ms, [&, &stream = near] { receive(stream); }), weft::deadline_exceeded);
        CHECK_THROWS_AS(weft::with_timeout(1ms, [&, &stream = near] { send(stream, "x"); }), weft::deadline_exceeded);
        CHECK_THROWS_AS(weft::with_timeout(1ms, [&] { listener.accept(); }), weft::deadline_exceeded);
        CHECK_THROWS_AS(weft::with_timeout(1ms, [&, &stream = near] { weft::select(weft::on_readable(stream)); }),
                        weft::deadline_exceeded);
    });
}

TEST_CASE("dial is bounded by the current context", "[net][context][cancel]") {
    in_fibers([] {
        // A backlog that is full: the kernel drops further attempts, which then wait.
        auto listener = net::listen("127.0.0.1:0", {.backlog = 0});
        std::vector<net::tcp_stream> filling;
        auto const to = listener.local();
        auto const fill_up = [&] {
            for (int i = 0; i != 16; ++i) filling.push_back(net::dial(to));
        };
        CHECK_THROWS_AS(weft::with_timeout(50ms, fill_up), weft::deadline_exceeded);
        std::error_code ec;
        do  // that may have taken so long that there was room left
            weft::with_timeout(1ms, [&] { filling.push_back(net::dial(to.to_string(), ec)); });
        while (!ec);
        CHECK(ec == std::errc::timed_out);
        auto const [ctx, cancel] = weft::with_cancel({});
        cancel();
        weft::with_context(ctx, [&] { net::dial(to.to_string(), ec); });
        CHECK(ec == std::errc::operation_canceled);
    });
}

TEST_CASE("a context, a socket, a channel and a timer in one select: each can win", "[net][select][context][C25]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto const [ctx, cancel] = weft::with_cancel({});
        auto const values = weft::make_chan<int>(1);
        auto const received = weft::make_chan<weft::unit>();
        std::optional<int> slot;
        auto const choose = [&, &stream = near, ctx = ctx](auto patience) {
            return weft::select(weft::on_readable(stream), weft::on_recv(values, slot), weft::on_timeout(patience),
                                weft::on_done(ctx));
        };
        CHECK(choose(1ms) == 2);
        values.send(1);
        CHECK(choose(1h) == 1);
        auto canceller = weft::spawn([&, &stream = far, cancel = cancel] {
            until_parked(1);
            send(stream, "x");
            received.recv();
            until_parked(1);
            cancel();
        });
        CHECK(choose(1h) == 0);
        CHECK(receive(near) == "x");
        received.send({});
        CHECK(choose(1h) == 3);
        canceller.join();
    });
}
