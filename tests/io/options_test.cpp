// Options of streams and listeners, lists of buffers, and closing by halves.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

int option(net::tcp_stream const& stream, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(stream.native_handle(), level, name, &value, &size);
    return value;
}

template <class Call>
std::error_code error_of(Call const& call) {
    try {
        call();
    } catch (std::system_error const& e) {
        return e.code();
    }
    return {};
}

std::string read_to_end(net::tcp_stream& from) {
    std::string all;
    for (std::string part; !(part = receive(from, 256 * 1024)).empty();) all += part;
    return all;
}

/// A text cut into `parts.size()` pieces; every third is empty.
std::vector<std::span<std::byte const>> cut(std::string const& text, std::size_t parts) {
    std::vector<std::span<std::byte const>> pieces;
    auto rest = weft::as_bytes(text);
    for (std::size_t i = 0; i + 1 < parts; ++i) {
        auto const size = i % 3 == 2 ? 0 : std::min(rest.size(), 1 + i % 97);
        pieces.push_back(rest.first(size));
        rest = rest.subspan(size);
    }
    pieces.push_back(rest);
    return pieces;
}

}  // namespace

TEST_CASE("streams send without delay, as long as they are not told otherwise", "[net]") {
    in_fibers([] {
        auto [near, far] = connect();
        CHECK(near.no_delay());
        CHECK(far.no_delay());
        near.set_no_delay(false);
        CHECK_FALSE(near.no_delay());
        CHECK(option(near, IPPROTO_TCP, TCP_NODELAY) == 0);
        auto local = connect("unix:@weft no delay");
        CHECK(error_of([&] { local.near.set_no_delay(true); }) == std::errc::operation_not_supported);
        net::tcp_stream none;
        CHECK(error_of([&] { none.set_no_delay(true); }) == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("a silent peer is probed when asked for", "[net]") {
    in_fibers([] {
        auto [near, far] = connect();
        CHECK(option(near, SOL_SOCKET, SO_KEEPALIVE) == 0);
        near.set_keep_alive(net::keep_alive{.idle = 7s, .interval = 3s, .count = 4});
        CHECK(option(near, SOL_SOCKET, SO_KEEPALIVE) == 1);
        CHECK(option(near, IPPROTO_TCP, TCP_KEEPIDLE) == 7);
        CHECK(option(near, IPPROTO_TCP, TCP_KEEPINTVL) == 3);
        CHECK(option(near, IPPROTO_TCP, TCP_KEEPCNT) == 4);
        near.set_keep_alive(std::nullopt);
        CHECK(option(near, SOL_SOCKET, SO_KEEPALIVE) == 0);
        CHECK(error_of([&near = near] { near.set_keep_alive(net::keep_alive{.idle = 0s}); }) ==
              std::errc::invalid_argument);
    });
}

TEST_CASE("a stream's buffers have the size that was asked for, or more", "[net]") {
    in_fibers([] {
        auto [near, far] = connect();
        near.set_send_buffer(20'000);
        near.set_receive_buffer(30'000);
        CHECK(near.send_buffer() >= 20'000);
        CHECK(near.receive_buffer() >= 30'000);
        near.close();
        CHECK(error_of([&near = near] { near.set_send_buffer(1); }) == std::errc::operation_canceled);
    });
}

TEST_CASE("a stream that does not linger resets the connection when closed", "[net][C53]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [near, far] = connect(listener);
        far.set_linger(0s);
        far.close();
        std::byte byte[1];
        std::error_code ec;
        near.read_some(byte, ec);
        CHECK(ec == std::errc::connection_reset);
        auto [calm, other] = connect(listener);
        other.set_linger(0s);
        other.set_linger(std::nullopt);
        other.close();
        CHECK(calm.read_some(byte, ec) == 0);
        CHECK_FALSE(ec);
        // Else closing it would block the thread for so long.
        calm.set_linger(2s);
        linger set{1, 1};
        socklen_t size = sizeof set;
        CHECK(::getsockopt(calm.native_handle(), SOL_SOCKET, SO_LINGER, &set, &size) == 0);
        CHECK(set.l_onoff == 0);
        CHECK(error_of([&calm = calm] { calm.set_linger(-1s); }) == std::errc::invalid_argument);
    });
}

TEST_CASE("a list of buffers is written as one, whatever its length", "[net][C51][C52]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        for (std::size_t const parts : {1UL, 2UL, 64UL, 65UL, 3000UL}) {
            auto [near, far] = connect(listener);
            std::string const text = pattern(sized(3 << 20, 1 << 20, 1 << 19));
            auto reader = weft::spawn([&far = far] { return read_to_end(far); });
            auto const pieces = cut(text, parts);
            CHECK(near.write_vectored(pieces) == text.size());
            near.close();
            CHECK(reader.join() == text);
        }
        auto [near, far] = connect(listener);
        CHECK(near.write_vectored({}) == 0);
        std::span<std::byte const> const empty[2];
        CHECK(near.write_vectored(empty) == 0);
        near.close();
        std::error_code ec;
        CHECK(near.write_vectored(cut("abc", 2), ec) == 0);
        CHECK(ec == std::errc::operation_canceled);
        CHECK_THROWS_AS(near.write_vectored(cut("abc", 2)), std::system_error);
    });
}

TEST_CASE("a list of buffers is filled in order", "[net]") {
    in_fibers([] {
        for (auto const* address : {"127.0.0.1:0", "unix:@weft vectored"}) {
            auto [near, far] = connect(address);
            for (int round = 0; round != 3; ++round) {
                std::string a(3, '\0'), b(50, '\0');
                std::span<std::byte> const parts[] = {{}, writable(a), {}, writable(b)};
                auto reader = weft::spawn([&near = near, &parts] { return near.read_vectored(parts); });
                until_parked(1);
                send(far, "0123456789");
                std::size_t got = reader.join();
                while (got < 10) {
                    REQUIRE(got >= 3);
                    got += near.read_some(writable(b).subspan(got - 3));
                }
                CHECK(got == 10);
                CHECK(a == "012");
                CHECK(b.starts_with("3456789"));
            }
            CHECK(near.read_vectored({}) == 0);
            far.close();
            std::string c(3, '\0');
            std::span<std::byte> const one[] = {writable(c)};
            CHECK(near.read_vectored(one) == 0);
            near.close();
            std::error_code ec;
            near.read_vectored(one, ec);
            CHECK(ec == std::errc::operation_canceled);
        }
    });
}

TEST_CASE("a write of a list that fails midway says how much was sent", "[net][C52]") {
    in_fibers([] {
        auto [near, far] = connect();
        std::string const much = pattern(64 << 20);
        auto const pieces = cut(much, 200);
        std::error_code ec;
        near.set_write_deadline(weft::clock::now() + 50ms);
        std::size_t const sent = near.write_vectored(pieces, ec);
        CHECK(ec == std::errc::timed_out);
        near.close();
        std::string const arrived = read_to_end(far);
        CHECK(arrived.size() == sent);
        CHECK(much.starts_with(arrived));
    });
}

TEST_CASE("one half of a stream closes without the other", "[net]") {
    in_fibers([] {
        for (auto const* address : {"127.0.0.1:0", "unix:@weft half"}) {
            auto [near, far] = connect(address);
            send(near, "last words");
            near.shutdown_write();
            CHECK(receive(far) == "last words");
            CHECK(receive(far).empty());
            std::error_code ec;
            near.write_all(weft::as_bytes("x"), ec);
            CHECK(ec == std::errc::broken_pipe);
            send(far, "and the answer");
            CHECK(receive(near) == "and the answer");
            near.shutdown_write();  // again

            auto reader = weft::spawn([&near = near] { return receive(near); });
            until_parked(1);
            near.shutdown_read();
            CHECK(reader.join().empty());
            CHECK(receive(near).empty());
            CHECK(near.is_open());
        }
    });
}

TEST_CASE("listening at a port without an address is at every interface, by both protocols", "[net]") {
    in_fibers([] {
        auto listener = net::listen(":0");
        auto const port = std::to_string(listener.local().port());
        for (std::string const host : {"127.0.0.1:", "[::1]:"}) {
            auto near = net::dial(host + port);
            auto far = listener.accept();
            send(near, host);
            CHECK(receive(far) == host);
        }
        auto narrow = net::listen("[::]:0", {.ipv6_only = true});
        auto const same = "127.0.0.1:" + std::to_string(narrow.local().port());
        CHECK(error_of([&] { net::dial(same); }) == std::errc::connection_refused);
        auto other = net::listen(same);
        CHECK(other.is_open());
        auto wide = net::listen("[::]:0");
        CHECK(net::dial("127.0.0.1:" + std::to_string(wide.local().port())).is_open());
    });
}

TEST_CASE("listeners that share an address share its connections", "[net]") {
    in_fibers([] {
        auto first = net::listen("127.0.0.1:0", {.per_worker = true});
        auto second = net::listen(first.local(), {.per_worker = true});
        CHECK(error_of([&] { net::listen(first.local()); }) == std::errc::address_in_use);
        int taken[2] = {0, 0};
        for (int i = 0; i != 64; ++i) {
            auto near = net::dial(first.local());
            int const by = weft::select(weft::on_readable(first), weft::on_readable(second)) == 0 ? 0 : 1;
            (by == 0 ? first : second).accept();
            ++taken[by];
        }
        CHECK(taken[0] > 0);
        CHECK(taken[1] > 0);
    });
}

TEST_CASE("a network that cannot be reached is an error of its own", "[net][C53]") {
    in_fibers([] {
        // Multicast has no TCP.
        CHECK(error_of([] { net::dial("255.255.255.255:9"); }) == std::errc::network_unreachable);
    });
}

// The listener's queue takes backlog + 1 connections; then the system drops what tries to begin one.
TEST_CASE("a peer that does not answer is given up at the deadline", "[net][C49][C53]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0", {.backlog = 0});
        std::vector<net::tcp_stream> connections;
        std::error_code ec;
        while (!ec) {
            ec = error_of([&] { connections.push_back(net::dial(listener.local().to_string(), 30ms)); });
            REQUIRE(connections.size() < 10);
        }
        CHECK(ec == std::errc::timed_out);
    });
}
