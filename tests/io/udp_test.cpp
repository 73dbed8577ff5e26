// Datagrams over UDP.

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>
#include <weft/udp.hpp>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

struct received {
    std::string text;
    net::datagram about;
};

received receive_from(net::udp_socket& socket, std::size_t most = 2048) {
    received r{std::string(most, '\0'), {}};
    r.about = socket.recv_from(writable(r.text));
    r.text.resize(r.about.bytes);
    return r;
}

void send_to(net::udp_socket& socket, std::string_view text, net::endpoint const& to) {
    socket.send_to(weft::as_bytes(text), to);
}

template <class Call>
std::error_code error_of(Call const& call) {
    std::error_code ec;
    call(ec);
    return ec;
}

}  // namespace

TEST_CASE("datagrams travel between sockets that are not connected, and say who sent them", "[udp]") {
    in_fibers([] {
        for (auto const* address : {"127.0.0.1:0", "[::1]:0"}) {
            auto a = net::bind_udp(address), b = net::bind_udp(address);
            CHECK(a.local().port() != 0);
            CHECK(a.send_to(weft::as_bytes("to b"), b.local()) == 4);
            auto const got = receive_from(b);
            CHECK(got.text == "to b");
            CHECK(got.about.from == a.local());
            CHECK_FALSE(got.about.truncated());
            send_to(b, "and back", got.about.from);
            CHECK(receive_from(a).text == "and back");
        }
    });
}

TEST_CASE("a connected socket sends to and receives from its peer only", "[udp]") {
    in_fibers([] {
        auto server = net::bind_udp("127.0.0.1:0"), stranger = net::bind_udp("127.0.0.1:0");
        auto client = net::dial_udp(server.local().to_string());
        CHECK(client.remote() == server.local());
        CHECK(client.send(weft::as_bytes("hello")) == 5);
        auto const got = receive_from(server);
        CHECK(got.text == "hello");
        CHECK(got.about.from == client.local());
        send_to(stranger, "not for you", client.local());
        send_to(server, "for you", client.local());
        std::string text(100, '\0');
        CHECK(client.recv(writable(text)) == 7);
        CHECK(text.starts_with("for you"));

        client.connect({});  // undone
        CHECK_THROWS_AS(client.remote(), std::system_error);
        CHECK(error_of([&](auto& ec) { client.send(weft::as_bytes("x"), ec); }) ==
              std::errc::destination_address_required);
        client.connect(stranger.local());
        client.send(weft::as_bytes("hello, stranger"));
        CHECK(receive_from(stranger).text == "hello, stranger");
    });
}

TEST_CASE("an empty datagram is a value, not the end", "[udp][C52]") {
    in_fibers([] {
        auto server = net::bind_udp("127.0.0.1:0");
        auto client = net::dial_udp(server.local());
        CHECK(client.send({}) == 0);
        client.send(weft::as_bytes("after it"));
        auto const empty = receive_from(server);
        CHECK(empty.text.empty());
        CHECK(empty.about.from == client.local());
        CHECK(empty.about.sent == 0);
        CHECK(receive_from(server).text == "after it");
        client.send({});
        std::error_code ec;
        std::byte byte[1];
        CHECK(server.recv(byte, ec) == 0);
        CHECK_FALSE(ec);
    });
}

TEST_CASE("a datagram that is larger than the buffer is reported", "[udp]") {
    in_fibers([] {
        auto server = net::bind_udp("127.0.0.1:0");
        auto client = net::dial_udp(server.local());
        for (int i = 0; i != 3; ++i) client.send(weft::as_bytes("0123456789"));
        auto const got = receive_from(server, 4);
        CHECK(got.text == "0123");
        CHECK(got.about.truncated());
        CHECK(got.about.sent == 10);
        std::string text(4, '\0');
        std::error_code ec;
        CHECK(server.recv(writable(text), ec) == 4);
        CHECK(ec == std::errc::message_size);
        CHECK_THROWS_AS(server.recv({}), std::system_error);
        std::string const huge(100'000, 'x');
        client.send(weft::as_bytes(huge), ec);
        CHECK(ec == std::errc::message_size);
    });
}

TEST_CASE("receiving waits, without keeping the worker", "[udp]") {
    in_fibers([] {
        auto server = net::bind_udp("127.0.0.1:0");
        auto client = net::bind_udp("127.0.0.1:0");
        for (int i = 0; i != 20; ++i) {
            auto first = weft::spawn([&] { return receive_from(server).text; });
            auto second = weft::spawn([&] { return receive_from(server).text; });
            until_parked(2);
            send_to(client, "a", server.local());
            send_to(client, "a", server.local());
            CHECK(first.join() + second.join() == "aa");
            auto selecting = weft::spawn([&] { return weft::select(weft::on_readable(server)); });
            until_parked(1);
            send_to(client, "b", server.local());
            CHECK(selecting.join() == 0);
            CHECK(receive_from(server).text == "b");
        }
    });
}

TEST_CASE("receiving obeys deadlines, cancellation and close", "[udp][C49][C50][C54]") {
    in_fibers([] {
        auto socket = net::bind_udp("127.0.0.1:0");
        auto error = [&socket] {
            std::byte byte[1];
            std::error_code ec;
            socket.recv_from(byte, ec);
            return ec;
        };
        socket.set_read_deadline(past());
        CHECK(error() == std::errc::timed_out);
        socket.clear_deadline();
        auto waiting = weft::spawn(error);
        until_parked(1);
        socket.set_deadline(past());
        CHECK(waiting.join() == std::errc::timed_out);
        CHECK(error() == std::errc::timed_out);
        socket.clear_deadline();
        waiting = weft::spawn(error);
        until_parked(1);
        waiting.cancel();
        CHECK(waiting.join() == std::errc::operation_canceled);
        auto thrown = weft::spawn([&socket] { socket.recv({}); });
        until_parked(1);
        thrown.cancel();
        CHECK_THROWS_AS(thrown.join(), weft::cancelled);

        send_to(socket, "kept", socket.local());  // no datagram is lost by all that
        CHECK(receive_from(socket).text == "kept");
        waiting = weft::spawn(error);
        until_parked(1);
        socket.close();
        CHECK(waiting.join() == std::errc::operation_canceled);
        CHECK_FALSE(socket.is_open());
        socket.close();
    });
}

TEST_CASE("a datagram to a port where nobody is comes back as a refusal", "[udp][C53]") {
    in_fibers([] {
        auto gone = net::bind_udp("127.0.0.1:0");
        auto client = net::dial_udp(gone.local());
        gone.close();
        std::byte byte[1];
        std::error_code ec;
        client.send(weft::as_bytes("x"));
        client.recv(byte, ec);
        CHECK(ec == std::errc::connection_refused);
    });
}

namespace {

// IPv6 has routes for groups only where the interface says that it can; the loopback does not.
std::string interface_for_groups_of_v6() {
    ifaddrs* all = nullptr;
    std::string found;
    if (::getifaddrs(&all) != 0) return found;
    for (ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        unsigned const needed = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET6 || (one->ifa_flags & IFF_LOOPBACK) != 0)
            continue;
        if ((one->ifa_flags & needed) == needed) found = one->ifa_name;
    }
    ::freeifaddrs(all);
    return found;
}

void check_group(char const* any, std::string const& group, std::string const& interface, bool has_route) {
    auto receiver = net::bind_udp(any, {.reuse_address = true});
    auto sender = net::bind_udp(any);
    sender.set_multicast_interface(interface);
    sender.set_multicast_loop(true);
    sender.set_multicast_ttl(1);
    auto const to = net::endpoint::parse(group + std::to_string(receiver.local().port()));
    receiver.join(to, interface);
    CHECK_THROWS_AS(receiver.join(to, interface), std::system_error);
    if (has_route) {
        send_to(sender, "to all", to);
        CHECK(receive_from(receiver).text == "to all");
        sender.set_multicast_loop(false);
        if (interface != "lo") send_to(sender, "only to those elsewhere", to);  // there, they are the same
    }
    receiver.leave(to, interface);
    CHECK_THROWS_AS(receiver.leave(to, interface), std::system_error);
    sender.set_multicast_loop(true);
    if (has_route) send_to(sender, "to nobody", to);
    receiver.set_read_deadline(weft::clock::now() + 5ms);
    std::byte byte[8];
    std::error_code ec;
    receiver.recv_from(byte, ec);
    CHECK(ec == std::errc::timed_out);
}

}  // namespace

TEST_CASE("a group of multicast is joined and left", "[udp]") {
    std::string const v6 = interface_for_groups_of_v6();
    in_fibers([&] {
        check_group("0.0.0.0:0", "239.7.7.7:", "lo", true);
        check_group("[::]:0", "[ff02::4:7]:", v6.empty() ? "lo" : v6, !v6.empty());
    });
}

TEST_CASE("broadcast has to be allowed", "[udp]") {
    in_fibers([] {
        auto receiver = net::bind_udp("0.0.0.0:0"), sender = net::bind_udp("127.0.0.1:0");
        auto const to = net::endpoint::parse("127.255.255.255:" + std::to_string(receiver.local().port()));
        CHECK(error_of([&](auto& ec) { sender.send_to(weft::as_bytes("x"), to, ec); }) == std::errc::permission_denied);
        sender.set_broadcast(true);
        send_to(sender, "everybody", to);
        CHECK(receive_from(receiver).text == "everybody");
    });
}

TEST_CASE("a port without an address is every interface, by both protocols", "[udp]") {
    in_fibers([] {
        auto server = net::bind_udp(":0");
        auto const port = std::to_string(server.local().port());
        for (auto const* host : {"127.0.0.1:", "[::1]:"}) {
            auto client = net::dial_udp(host + port);
            client.send(weft::as_bytes(host));
            auto const got = receive_from(server);
            CHECK(got.text == host);
            send_to(server, "back", got.about.from);
            std::string text(4, '\0');
            CHECK(client.recv(writable(text)) == 4);
        }
        auto narrow = net::bind_udp("[::]:0", {.ipv6_only = true});
        auto other = net::bind_udp("0.0.0.0:" + std::to_string(narrow.local().port()));
        CHECK(other.is_open());
        auto shared = net::bind_udp("127.0.0.1:0", {.per_worker = true});
        auto sharing = net::bind_udp(shared.local(), {.per_worker = true});
        CHECK(sharing.local() == shared.local());
        CHECK_THROWS_AS(net::bind_udp(other.local()), std::system_error);
    });
}

TEST_CASE("buffers of a socket have the size that was asked for, or more", "[udp]") {
    in_fibers([] {
        auto socket = net::bind_udp("127.0.0.1:0");
        socket.set_receive_buffer(64 * 1024);
        socket.set_send_buffer(32 * 1024);
        CHECK(socket.receive_buffer() >= 64 * 1024);
        CHECK(socket.send_buffer() >= 32 * 1024);
    });
}

TEST_CASE("UDP that a program gets wrong", "[udp]") {
    in_fibers([] {
        CHECK_THROWS_AS(net::bind_udp("unix:/tmp/x"), std::invalid_argument);
        CHECK_THROWS_AS(net::dial_udp("unix:@x"), std::invalid_argument);
        CHECK_THROWS_AS(net::bind_udp("here"), std::invalid_argument);
        CHECK_THROWS_AS(net::bind_udp("192.0.2.77:0"), std::system_error);
        net::udp_socket none;
        std::byte byte[1];
        CHECK(error_of([&](auto& ec) { none.send(byte, ec); }) == std::errc::bad_file_descriptor);
        CHECK(error_of([&](auto& ec) { none.recv_from(byte, ec); }) == std::errc::bad_file_descriptor);
        CHECK_THROWS_AS(none.set_broadcast(true), std::system_error);
        CHECK_THROWS_AS(none.local(), std::system_error);
        auto socket = net::bind_udp("127.0.0.1:0");
        CHECK_THROWS_AS(socket.join(net::endpoint::parse("239.1.1.1:0"), "no such interface"), std::invalid_argument);
        CHECK_THROWS_AS(socket.join(net::endpoint::parse("127.0.0.1:0")), std::system_error);
    });
    CHECK_THROWS_AS(net::bind_udp("127.0.0.1:0"), weft::runtime_stopped);
}
