// Closing while others are at work, and what becomes of the numbers.

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>
#include <weft/unix.hpp>
#include <weft/weft.hpp>

#include "operation.hpp"
#include "sockets.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace net = weft::net;

namespace {

std::error_code read_error(net::tcp_stream& stream) {
    std::byte byte[1];
    std::error_code ec;
    stream.read_some(byte, ec);
    return ec;
}

constexpr weft::detail::wait_reason testing{"test", true};

}  // namespace

TEST_CASE("closing wakes whoever reads, writes or stands in line", "[net][C50]") {
    in_fibers([] {
        auto [near, far] = connect();
        fill(near);
        std::vector<weft::fiber<std::error_code>> waiting;
        for (int i = 0; i != 3; ++i) {
            waiting.push_back(weft::spawn([&near = near] { return read_error(near); }));
            waiting.push_back(weft::spawn([&near = near] {
                std::error_code ec;
                near.write_all(weft::as_bytes("x"), ec);
                return ec;
            }));
        }
        until_parked(6);
        near.close();
        CHECK_FALSE(near.is_open());
        CHECK(near.native_handle() == -1);
        for (auto& f : waiting) CHECK(f.join() == std::errc::operation_canceled);
        near.close();
        CHECK(read_error(near) == std::errc::operation_canceled);
    });
}

TEST_CASE("closing wakes whoever accepts, and the address is free when it returns", "[net][C50]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto const address = listener.local();
        std::vector<weft::fiber<std::error_code>> accepting;
        for (int i = 0; i != 3; ++i)
            accepting.push_back(weft::spawn([&listener] {
                std::error_code ec;
                listener.accept(ec);
                return ec;
            }));
        until_parked(3);
        listener.close();
        auto again = net::listen(address);
        CHECK(again.local() == address);
        for (auto& f : accepting) CHECK(f.join() == std::errc::operation_canceled);
    });
}

TEST_CASE("closing from outside throws in the one who reads", "[net][C50]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto reader = weft::spawn([&near = near] {
            try {
                receive(near);
            } catch (std::system_error const& e) {
                return e.code() == std::errc::operation_canceled;
            }
            return false;
        });
        until_parked(1);
        near.close();
        CHECK(reader.join());
    });
}

TEST_CASE("several may close at the same time", "[net][C50]") {
    in_fibers([] {
        for (int i = 0; i != sized(200, 100, 30); ++i) {
            auto [near, far] = connect();
            auto reader = weft::spawn([&near = near] { return read_error(near); });
            weft::wait_group closing;
            for (int c = 0; c != 4; ++c) closing.go([&near = near] { near.close(); });
            closing.wait();
            CHECK(reader.join() == std::errc::operation_canceled);
        }
    });
}

// The record goes back to the pool, and to the next socket, while `close` has not returned.
TEST_CASE("whoever is woken by a close may destroy the socket and open another", "[net][C50][bug]") {
    in_fibers([] {
        for (int i = 0; i != sized(200, 100, 30); ++i) {
            auto connected = connect();
            auto owned = std::make_unique<net::tcp_stream>(std::move(connected.near));
            auto owner = weft::spawn([&owned] {
                std::error_code const why = read_error(*owned);
                owned.reset();
                return std::pair(why, net::stream_pair());
            });
            until_parked(1);
            owned->close();
            auto [why, next] = owner.join();
            CHECK(why == std::errc::operation_canceled);
            CHECK(next.first.is_open());
            CHECK(next.second.is_open());
            next.first.write_all(weft::as_bytes("still there"));
            std::string text(11, '\0');
            CHECK(next.second.read_exact(writable(text)) == text.size());
        }
    });
}

TEST_CASE("a number stays open, and means the same socket, while an operation runs", "[net][C50]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [near, far] = connect(listener);
        auto& socket = *weft::detail::socket_access::of(near);
        weft::fiber<> closer;
        int number = -1;
        {
            weft::detail::operation op(socket, weft::detail::direction::read, testing);
            op.attempt([&, &near = near](int fd) -> weft::detail::call_result {
                number = fd;
                closer = weft::spawn([&near = near] { near.close(); });
                until_parked(1);  // it waits for this very call
                CHECK_FALSE(near.is_open());
                CHECK(::fcntl(fd, F_GETFD) >= 0);
                auto [other, another] = connect(listener);
                CHECK(other.native_handle() != fd);
                CHECK(another.native_handle() != fd);
                return {};
            });
        }
        closer.join();
        CHECK(::fcntl(number, F_GETFD) == -1);
        CHECK(receive(far).empty());
    });
}

TEST_CASE("sockets come and go by the thousand and leave no number behind", "[net]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        { auto first = connect(listener); }
        std::size_t const before = descriptors_in_use();
        for (int i = 0; i != sized(3'000, 2'000, 500); ++i) {
            auto [near, far] = connect(listener);
            if (i % 3 == 0) near.close();
            if (i % 5 == 0) far = std::move(near);
        }
        CHECK(descriptors_in_use() == before);
    });
}

// The kernel reports a socket that is gone by its number, while a copy of the number keeps it alive: the events that come late
// must not be taken for those of the socket that has the record now.
TEST_CASE("a stale event does not reach a reused record", "[net][bug][B15]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        for (int i = 0; i != sized(200, 100, 30); ++i) {
            int copy = -1;
            auto far = [&] {
                auto [near, other] = connect(listener);
                copy = ::dup(near.native_handle());  // still watched after near is closed
                return std::move(other);
            }();
            auto [near, fresh] = connect(listener);  // on the record that was given back
            auto reader = weft::spawn([&near = near] { return receive(near); });
            until_parked(1);
            send(far, "for the socket that is gone");
            let_others_run();
            send(fresh, "for me");
            CHECK(reader.join() == "for me");
            ::close(copy);
        }
    });
}

TEST_CASE("a socket outlives its runtime, closed to waiting", "[net]") {
    net::tcp_stream kept;
    net::tcp_stream peer;
    with_workers([&](weft::runtime_options options) {
        weft::run(
            [&] {
                auto [near, far] = connect();
                kept = std::move(near);
                peer = std::move(far);
            },
            options);
        CHECK(kept.write_all(weft::as_bytes("on its way")) == 10);
        CHECK(receive(peer) == "on its way");
        CHECK(read_error(peer) == std::errc::operation_canceled);
        kept.close();
        CHECK(receive(peer).empty());
        kept = {};
        peer = {};
    });
}
