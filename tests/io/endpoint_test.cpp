// Addresses and their text.

#include <stdexcept>
#include <string>
#include <type_traits>
#include <weft/net.hpp>

#include "support/catch.hpp"

using weft::net::endpoint;

static_assert(std::is_nothrow_default_constructible_v<endpoint> && std::is_trivially_copyable_v<endpoint>);

namespace {

std::string refusal(std::string_view text) {
    try {
        endpoint::parse(text);
    } catch (std::invalid_argument const& e) {
        return e.what();
    }
    return "accepted";
}

bool refuses(std::string_view text, std::string_view because) {
    return refusal(text).find(because) != std::string::npos;
}

}  // namespace

TEST_CASE("an endpoint's text can be read back", "[endpoint]") {
    for (std::string const text : {"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:80", "[::]:0",
                                   "[2001:db8::1:2]:443", "[fe80::1%1]:80", "[::ffff:10.0.0.1]:9", "unix:/tmp/a socket",
                                   "unix:relative", "unix:@abstract", "unix:@with@at"}) {
        INFO(text);
        CHECK(endpoint::parse(text).to_string() == text);
        CHECK(endpoint::parse(text) == endpoint::parse(endpoint::parse(text).to_string()));
    }
    CHECK(endpoint::parse("[0:0::1]:080").to_string() == "[::1]:80");
    CHECK(endpoint::parse("[fe80::1%lo]:1") == endpoint::parse("[fe80::1%1]:1"));
}

TEST_CASE("endpoints are equal if their addresses are", "[endpoint]") {
    CHECK(endpoint() == endpoint());
    CHECK(endpoint::parse("127.0.0.1:80") == endpoint::parse("127.0.0.1:80"));
    CHECK_FALSE(endpoint::parse("127.0.0.1:80") == endpoint::parse("127.0.0.1:81"));
    CHECK_FALSE(endpoint::parse("127.0.0.1:80") == endpoint::parse("127.0.0.2:80"));
    CHECK_FALSE(endpoint::parse("unix:/a") == endpoint::parse("unix:/ab"));
    CHECK_FALSE(endpoint::parse("unix:/a") == endpoint());
}

TEST_CASE("an endpoint knows its port", "[endpoint]") {
    CHECK(endpoint::parse("127.0.0.1:8080").port() == 8080);
    CHECK(endpoint::parse("[::1]:65535").port() == 65535);
    CHECK(endpoint::parse("unix:/x").port() == 0);
    CHECK(endpoint().port() == 0);
    CHECK(endpoint().to_string().empty());
}

TEST_CASE("what is no endpoint is refused with a reason", "[endpoint]") {
    CHECK(refuses("", "the port is missing"));
    CHECK(refuses("127.0.0.1", "the port is missing"));
    CHECK(refuses("127.0.0.1:", "the port is missing"));
    CHECK(refuses("127.0.0.1:65536", "not a number from 0 to 65535"));
    CHECK(refuses("127.0.0.1:-1", "not a number from 0 to 65535"));
    CHECK(refuses("127.0.0.1:+1", "not a number from 0 to 65535"));
    CHECK(refuses("127.0.0.1:8o", "not a number from 0 to 65535"));
    CHECK(refuses("127.0.0.1: 80", "not a number from 0 to 65535"));
    CHECK(refuses("127.0.0.256:80", "not a numeric address"));
    CHECK(refuses("127.1:80", "not a numeric address"));
    CHECK(refuses("localhost:80", "host names are not looked up"));
    CHECK(refuses("::1:80", "brackets"));
    CHECK(refuses("[::1:80", "] is missing"));
    CHECK(refuses("[::1]", "the port is missing"));
    CHECK(refuses("[::1]80", "the port is missing"));
    CHECK(refuses("[127.0.0.1]:80", "not a numeric IPv6 address"));
    CHECK(refuses("[fe80::1%]:80", "scope"));
    CHECK(refuses("[fe80::1%no such thing]:80", "no interface"));
    CHECK(refuses("unix:", "empty"));
    CHECK(refuses("unix:@", "empty"));
    CHECK(refuses("unix:/" + std::string(107, 'x'), "longer than 107 bytes"));
    CHECK(refuses(std::string_view("unix:/a\0b", 9), "zero byte"));
    CHECK(refuses(std::string_view("127.0.0.1\0x:80", 14), "zero byte"));
    CHECK(refuses(std::string_view("[::1\0x]:80", 11), "zero byte"));
    CHECK(refuses("localhost:80", "\"localhost:80\""));
}

TEST_CASE("the longest unix paths fit", "[endpoint]") {
    std::string const file = "unix:/" + std::string(106, 'x');
    std::string const name = "unix:@" + std::string(106, 'x');
    CHECK(endpoint::parse(file).to_string() == file);
    CHECK(endpoint::parse(name).to_string() == name);
}
