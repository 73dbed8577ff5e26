// Connecting and listening by name.

#include <weft/dns.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>
#include <weft/weft.hpp>

#include "address_text.hpp"
#include "dns_server.hpp"
#include "sockets.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
using weft::detail::named_address;
namespace net = weft::net;

namespace {

bool has_ipv6() {
    int const fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 at{};
    at.sin6_family = AF_INET6;
    at.sin6_addr = in6addr_loopback;
    bool const works = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
    if (fd >= 0) ::close(fd);
    return works;
}

// Listens, but its queue is full: the kernel answers no attempt to connect.
class black_hole {
public:
    explicit black_hole(char const* address) : listener_(net::listen(address, {.backlog = 0})) {
        while (!is_full()) {
            filling_.push_back(net::dial(listener_.local()));
            yield_until(
                [&] { return state().tcpi_unacked == filling_.size(); });  // the last step may still be on its way
        }
    }
    net::endpoint local() const { return listener_.local(); }

private:
    // Of a listener `tcpi_unacked` says how many wait to be accepted, and `tcpi_sacked` how many may.
    tcp_info state() const {
        tcp_info about{};
        socklen_t size = sizeof about;
        if (::getsockopt(listener_.native_handle(), IPPROTO_TCP, TCP_INFO, &about, &size) != 0)
            throw std::system_error(errno, std::generic_category(), "TCP_INFO");
        return about;
    }
    // As the kernel decides it.
    bool is_full() const {
        tcp_info const now = state();
        return now.tcpi_unacked > now.tcpi_sacked;
    }

    net::tcp_listener listener_;
    std::vector<net::tcp_stream> filling_;
};

std::string on_port(std::string const& host, std::uint16_t port) { return host + ":" + std::to_string(port); }

// The same port on 127.0.0.1 and ::1.
struct two_listeners {
    net::tcp_listener v4, v6;
    std::uint16_t port = 0;

    two_listeners() {
        for (;;) {
            v4 = net::listen("127.0.0.1:0");
            port = v4.local().port();
            try {
                v6 = net::listen(on_port("[::1]", port));
                return;
            } catch (std::system_error const&) {  // taken by somebody
            }
        }
    }
};

net::dial_options asking(dns_server const& server) {
    net::dial_options options;
    options.names = net::resolver(server.options());
    return options;
}

std::error_code error_of(std::string const& address, net::dial_options const& options) {
    std::error_code ec;
    CHECK_FALSE(net::dial(address, options, ec).is_open());
    return ec;
}

}  // namespace

TEST_CASE("a text to dial is an endpoint, or a host and a port, each of which may be a name", "[dial]") {
    CHECK(named_address::parse("127.0.0.1:80").numeric == net::endpoint::parse("127.0.0.1:80"));
    CHECK(named_address::parse("[::1]:http").numeric == net::endpoint::parse("[::1]:80"));
    CHECK(named_address::parse("127.0.0.1:https").numeric == net::endpoint::parse("127.0.0.1:443"));
    CHECK(named_address::parse("unix:/a:b").numeric == net::endpoint::parse("unix:/a:b"));
    named_address const named = named_address::parse("Example.org:SSH");
    CHECK_FALSE(named.numeric);
    CHECK(named.host == "Example.org");
    CHECK(named.port == 22);
    for (std::string const bad : {"host", "host:", "host:65536", "host:-1", "host:no-such-service", "::1:80",
                                  "two words:1", "[::1", "[::1]", "[::1]x:80", "[host]:80", "a..b:80", ""}) {
        INFO(bad);
        CHECK_THROWS_AS(named_address::parse(bad), std::invalid_argument);
    }
    CHECK_THROWS_AS(named_address::parse(std::string("host\0:80", 8)), std::invalid_argument);
}

TEST_CASE("dial and listen take names", "[dial]") {
    in_fibers([] {
        auto listener = net::listen("localhost:0");
        CHECK(listener.local().to_string() == on_port("127.0.0.1", listener.local().port()));
        std::string const name = on_port("localhost", listener.local().port());
        for (int form = 0; form != 3; ++form) {
            std::error_code ec = std::make_error_code(std::errc::io_error);
            auto near = form == 0 ? net::dial(name) : form == 1 ? net::dial(name, 1h) : net::dial(name, ec);
            CHECK((form != 2 || !ec));
            auto far = listener.accept();
            send(near, "by name");
            CHECK(receive(far) == "by name");
        }
    });
}

TEST_CASE("dial by a name that a server knows, and by one that none does", "[dial][dns]") {
    dns_server server;
    server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
    server.fail("broken.test", 2);
    in_fibers([&] {
        net::dial_options const options = asking(server);
        auto listener = net::listen("127.0.0.1:0");
        auto near = net::dial(on_port("host.test", listener.local().port()), options);
        CHECK(near.remote() == listener.local());
        auto far = listener.accept();
        CHECK(error_of("nowhere.test:80", options) == net::dns_error::host_not_found);
        CHECK(error_of("broken.test:80", options) == net::dns_error::server_failure);
        CHECK(error_of("no port", options) == std::errc::invalid_argument);
    });
}

TEST_CASE("the next address is tried at once when one has failed", "[dial][dns]") {
    dns_server server;
    server.add("host.test", dns_type::a, rdata_a("127.0.0.2"));  // nobody listens there
    server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
    if (has_ipv6()) server.add("host.test", dns_type::aaaa, rdata_aaaa("::1"));
    in_fibers([&] {
        net::dial_options options = asking(server);
        options.attempt_delay = 1h;
        options.resolution_delay = 1h;
        auto listener = net::listen("127.0.0.1:0");
        auto near = net::dial(on_port("host.test", listener.local().port()), options);
        CHECK(near.remote() == listener.local());
    });
}

TEST_CASE("when all attempts fail, the first error is reported with the addresses", "[dial][dns]") {
    dns_server server;
    server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
    server.add("host.test", dns_type::a, rdata_a("127.0.0.2"));
    in_fibers([&] {
        std::uint16_t const port = 1;  // which the system gives to nobody who asks for any
        std::string const name = on_port("host.test", port);
        try {
            net::dial(name, asking(server));
            CHECK(false);
        } catch (std::system_error const& e) {
            CHECK(e.code() == std::errc::connection_refused);
            std::string const what = e.what();
            for (std::string const& part : {name, on_port("127.0.0.1", port), on_port("127.0.0.2", port)})
                CHECK(what.find(part) != std::string::npos);
        }
    });
}

TEST_CASE("an attempt that takes long is overtaken, and leaves nothing", "[dial][dns]") {
    dns_server server;
    server.add("host.test", dns_type::a, rdata_a("127.0.0.2"));
    server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
    in_fibers([&] {
        net::resolver const names(server.options());
        std::vector<net::endpoint> const order = names.lookup("host.test");
        REQUIRE(order.size() == 2);
        std::string const slow = order[0].to_string(), fast = order[1].to_string();
        black_hole const hole(slow.c_str());
        auto listener = net::listen(on_port(fast.substr(0, fast.find(':')), hole.local().port()));
        net::dial_options options = asking(server);
        options.attempt_delay = 2ms;
        std::size_t const before = descriptors_in_use();
        std::string const name = on_port("host.test", hole.local().port());
        for (int i = 0; i != 5; ++i) {
            auto near = net::dial(name, options);
            CHECK(near.remote() == listener.local());
            auto far = listener.accept();
        }
        CHECK(descriptors_in_use() == before);

        // And without another address there is only the timeout.
        net::dial_options alone = asking(server);
        alone.timeout = 20ms;
        listener.close();
        alone.attempt_delay = 1h;
        CHECK(error_of(name, alone) == std::errc::timed_out);
        CHECK_THROWS_AS(weft::with_timeout(20ms, [&] { net::dial(name, options); }), weft::deadline_exceeded);
        auto dialling = weft::spawn([&] { net::dial(name, options); });
        until_parked(2);
        dialling.cancel();
        CHECK_THROWS_AS(dialling.join(), weft::cancelled);
        CHECK(descriptors_in_use() + 1 == before);
    });
}

TEST_CASE("addresses of IPv4 do not wait long for those of IPv6", "[dial][dns]") {
    in_fibers([] {
        dns_server server;
        server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
        server.hold("host.test", dns_type::a);
        server.hold("host.test", dns_type::aaaa);
        net::dial_options options = asking(server);
        options.resolution_delay = 5ms;
        auto listener = net::listen("127.0.0.1:0");
        auto dialling = weft::spawn([&] { return net::dial(on_port("host.test", listener.local().port()), options); });
        yield_until([&] { return server.questions() == 2; });
        server.release("host.test", dns_type::a);
        CHECK(dialling.join().remote() == listener.local());
        CHECK(server.questions("host.test", dns_type::aaaa) == 1);
    });
}

TEST_CASE("IPv6 is preferred where both answer", "[dial][dns]") {
    if (!has_ipv6()) return;
    in_fibers([] {
        dns_server server;
        server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
        server.add("host.test", dns_type::aaaa, rdata_aaaa("::1"));
        server.hold("host.test", dns_type::aaaa);
        net::dial_options options = asking(server);
        options.resolution_delay = 1h;
        options.attempt_delay = 1h;
        two_listeners both;
        auto dialling = weft::spawn([&] { return net::dial(on_port("host.test", both.port), options); });
        yield_until([&] { return server.questions() == 2; });
        server.release("host.test", dns_type::aaaa);
        CHECK(dialling.join().remote() == both.v6.local());
    });
}

TEST_CASE("one of two connections wins, and the other is closed", "[dial][dns]") {
    if (!has_ipv6()) return;
    dns_server server;
    server.add("host.test", dns_type::a, rdata_a("127.0.0.1"));
    server.add("host.test", dns_type::aaaa, rdata_aaaa("::1"));
    in_fibers([&] {
        two_listeners both;
        net::dial_options options = asking(server);
        options.attempt_delay = 0s;
        std::size_t const before = descriptors_in_use();
        for (int i = 0; i != sized(200, 100, 30); ++i) {
            auto near = net::dial(on_port("host.test", both.port), options);
            CHECK(near.is_open());
            CHECK(descriptors_in_use() == before + 1);
            near.close();
        }
    });
}

TEST_CASE("a look-up by dial can be cancelled and has a timeout", "[dial][dns][cancel]") {
    dns_server server;
    server.drop("silent.test", dns_type::a);
    server.drop("silent.test", dns_type::aaaa);
    in_fibers([&] {
        net::dial_options options = asking(server);
        auto dialling = weft::spawn([&] { net::dial("silent.test:80", options); });
        until_parked(3);
        dialling.cancel();
        CHECK_THROWS_AS(dialling.join(), weft::cancelled);
        std::error_code ec;
        weft::with_timeout(5ms, [&] { net::dial("silent.test:80", options, ec); });
        CHECK(ec == std::errc::timed_out);
        options.timeout = 5ms;
        CHECK(error_of("silent.test:80", options) == std::errc::timed_out);
        CHECK_THROWS_AS(net::dial("silent.test:80", options), std::system_error);
    });
}
