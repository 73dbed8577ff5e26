// Transports that break, that are cut off, and that lie; and small stacks. Nothing is left, and no fiber stuck.

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

#include "secured.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace tls = weft::tls;

namespace {

// A link that fails when told to, with errors that say nothing about the peer.
struct failing_link {
    link_end link;
    bool fails_to_write = false;
    bool fails_after_reading = false;

    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec) {
        std::size_t const n = link.read_some(buffer, ec);
        if (n != 0 && fails_after_reading) ec = std::make_error_code(std::errc::io_error);
        return n;
    }
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec) {
        if (!fails_to_write) return link.write_some(buffer, ec);
        ec = std::make_error_code(std::errc::no_buffer_space);
        return 0;
    }
};

std::error_code code_of(int reason) {
    return {static_cast<int>(ERR_PACK(ERR_LIB_SSL, 0, reason)), tls::openssl_category()};
}

}  // namespace

TEST_CASE("a handshake that cannot be sent does not wait for the answer", "[tls][faults][bug]") {
    with_peers([] {
        auto [near, far] = link_end::make();
        tls::client_options patient = trusting();
        patient.handshake_timeout = weft::clock::duration::max();
        tls::stream client = tls::client(failing_link{std::move(near), true}, "weft.test", tls::client_config(patient));
        std::error_code ec;
        client.handshake(ec);
        CHECK(ec == std::errc::no_buffer_space);
        // It goes on where it was.
        client.transport<failing_link>()->fails_to_write = false;
        tls::stream server = tls::server(std::move(far), server_config());
        auto shaking = weft::spawn([&] { return shake(server); });
        CHECK_FALSE(shake(client));
        CHECK_FALSE(shaking.join());
    });
}

TEST_CASE("bytes that a transport hands over with a failure are not lost", "[tls][faults][bug]") {
    with_peers([] {
        auto [near, far] = link_end::make();
        tls::stream client = tls::client(failing_link{std::move(near)}, "weft.test", client_config());
        tls::stream server = tls::server(std::move(far), server_config());
        auto shaking = weft::spawn([&] { return shake(server); });
        REQUIRE_FALSE(shake(client));
        REQUIRE_FALSE(shaking.join());
        send(server, "the last words");
        client.transport<failing_link>()->fails_after_reading = true;
        std::byte byte[1];
        std::error_code ec;
        CHECK(client.read_some(byte, ec) == 0);
        CHECK(ec == std::errc::io_error);
        CHECK(receive(client) == "the last words");
    });
}

TEST_CASE("an alert of the peer is told from what OpenSSL stumbles over", "[tls][faults][bug]") {
    CHECK(code_of(SSL_R_TLSV1_ALERT_UNKNOWN_CA) == tls::errc::refused_by_peer);
    CHECK(code_of(SSL_R_WRONG_VERSION_NUMBER) == tls::errc::protocol);
    for (int const reason : {ERR_R_INTERNAL_ERROR, ERR_R_EVP_LIB, ERR_R_PASSED_INVALID_ARGUMENT})
        CHECK(code_of(reason) == tls::errc::protocol);
}

TEST_CASE("the transport breaks after n bytes, for every n until it does not", "[tls][faults]") {
    with_peers([] {
        std::size_t const stride = sized<std::size_t>(7, 13, 101);
        bool passed = false;
        for (std::size_t life = 0; !passed; life += stride) {
            secured both = over_memory(client_config(), server_config(), {.life = life});
            auto server = weft::spawn([&] {
                std::error_code ec;
                std::byte buffer[512];
                std::size_t const n = both.server.read_exact(buffer, ec);
                if (!ec) both.server.write_all(std::span(buffer).first(n), ec);
                both.server.close();
                return ec;
            });
            std::string const text = pattern(512);
            std::string back(512, '\0');
            std::error_code ec;
            both.client.write_all(weft::as_bytes(text), ec);
            std::size_t const n = ec ? 0 : both.client.read_exact(writable(back), ec);
            both.client.close();
            std::error_code const on_server = server.join();
            passed = !ec && !on_server;
            CHECK((ec || (n == 512 && back == text)));
            REQUIRE(life < 100'000);
        }
    });
}

TEST_CASE("the connection is cut off after n bytes: an error for every n", "[tls][faults][end]") {
    with_peers([] {
        // What a server sends in whole, first.
        secured whole = over_memory(client_config(), server_config());
        REQUIRE(shake(whole).good());

        for (std::size_t most = 0; most < 3000; most += sized<std::size_t>(11, 37, 211)) {
            auto [client_side, to_middle] = link_end::make();
            auto [from_middle, server_side] = link_end::make();
            tls::stream client = tls::client(std::move(client_side), "weft.test", client_config());
            tls::stream server = tls::server(std::move(server_side), server_config());
            // Somebody in the middle, who lets the client's bytes through and of the server's only the first.
            auto up = weft::spawn([&a = to_middle, &b = from_middle] {
                std::byte buffer[4096];
                std::error_code ec;
                for (std::size_t n = 1; n != 0 && !ec;) {
                    n = a.read_some(buffer, ec);
                    if (n != 0 && !ec) b.write_some(std::span(buffer).first(n), ec);
                }
            });
            auto down = weft::spawn([&a = to_middle, &b = from_middle, most] {
                std::byte buffer[4096];
                std::error_code ec;
                for (std::size_t left = most; left != 0 && !ec;) {
                    std::size_t const n = b.read_some(std::span(buffer).first(std::min<std::size_t>(left, 4096)), ec);
                    if (n == 0 || ec) break;
                    a.write_some(std::span(buffer).first(n), ec);
                    left -= n;
                }
                a.close();
                b.close();
            });
            auto talking = weft::spawn([&server] {
                std::error_code ec;
                server.write_all(weft::as_bytes(std::string(4000, 'x')), ec);
                server.close();
            });
            std::string heard;
            std::error_code ec;
            for (std::string part(1000, '\0'); !ec;) {
                std::size_t const n = client.read_some(writable(part), ec);
                if (n == 0 && !ec) break;
                heard += part.substr(0, n);
            }
            CHECK((ec == tls::errc::unexpected_eof || ec == std::errc::broken_pipe));
            client.close();
            talking.join();
            up.join();
            down.join();
        }
    });
}

TEST_CASE("a forged byte breaks the stream, and the peer is told", "[tls][faults]") {
    with_peers([] {
        auto [client_side, to_middle] = link_end::make();
        auto [from_middle, server_side] = link_end::make();
        tls::stream client = tls::client(std::move(client_side), "weft.test", client_config());
        tls::stream server = tls::server(std::move(server_side), server_config());
        std::atomic<bool> forge{false};
        auto copy = [&forge](link_end& from, link_end& to, bool forges) {
            return weft::spawn([&, forges] {
                std::byte buffer[4096];
                std::error_code ec;
                for (;;) {
                    std::size_t const n = from.read_some(buffer, ec);
                    if (n == 0 || ec) break;
                    if (forges && forge) buffer[n - 1] ^= std::byte{1};
                    to.write_some(std::span(buffer).first(n), ec);
                }
                to.close();
            });
        };
        auto up = copy(to_middle, from_middle, true);
        auto down = copy(from_middle, to_middle, false);
        auto shaking = weft::spawn([&] { return shake(server); });
        REQUIRE_FALSE(shake(client));
        REQUIRE_FALSE(shaking.join());
        forge = true;
        send(client, "pay 10");
        std::byte byte[16];
        std::error_code at_server, at_client;
        server.read_some(byte, at_server);
        CHECK(at_server == tls::errc::protocol);
        client.read_some(byte, at_client);
        CHECK(at_client == tls::errc::refused_by_peer);
        client.close();
        server.close();
        up.join();
        down.join();
    });
}

TEST_CASE("a plain thread can use a stream, too", "[tls][thread]") {
    with_peers([] {
        secured both = over_tcp(client_config(), server_config());
        auto server = weft::spawn([&] { send(both.server, receive(both.server)); });
        std::string heard;
        std::thread outside([&] {
            send(both.client, "from a thread");
            heard = receive(both.client);
        });
        server.join();
        weft::blocking([&] { outside.join(); });
        CHECK(heard == "from a thread");
    });
}

TEST_CASE("a handshake fits on a stack of 64 KiB", "[tls][stack]") {
    static constexpr std::size_t bytes = sized<std::size_t>(64, 64, 256) * 1024;
    in_fibers([] {
        weft::spawn_options small;
        small.stack_bytes = bytes;
        tls::server_options options;
        options.identities = {root().issue({.rsa = true}).load()};
        options.clients = tls::client_certificate::required;
        options.trust_pem = root().pem();
        tls::client_options mutual = trusting();
        mutual.identities = {root().delegate("weft test intermediate")->issue({.rsa = true}).load()};
        for (tls::version const v : {tls::version::tls12, tls::version::tls13}) {
            mutual.max_version = v;
            secured both = over_tcp(tls::client_config(mutual), tls::server_config(options));
            auto server = weft::spawn(small, [&] { send(both.server, receive(both.server)); });
            auto client = weft::spawn(small, [&] {
                send(both.client, "hello");
                return receive(both.client);
            });
            CHECK(client.join() == "hello");
            server.join();
            CHECK(both.server.peer().has_value());
        }
    });
}
