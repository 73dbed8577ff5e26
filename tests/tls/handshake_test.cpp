// Who may talk to whom, and what both sides know afterwards.

#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "secured.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace tls = weft::tls;

namespace {

// What a client that trusts `root` says to a server that shows `shown`.
verdict judge(pem_identity const& shown, tls::client_options const& options = trusting(),
              char const* host = "weft.test") {
    tls::server_options server;
    server.identities = {shown.load()};
    secured both = over_memory(tls::client_config(options), tls::server_config(server), {}, host);
    return shake(both);
}

tls::version only(tls::client_options& client, tls::version v) { return client.min_version = client.max_version = v; }

constexpr tls::version both_versions[] = {tls::version::tls12, tls::version::tls13};

}  // namespace

TEST_CASE("a client and a server shake hands and talk, with either version", "[tls][handshake]") {
    in_fibers([] {
        for (tls::version const v : both_versions) {
            tls::client_options options = trusting();
            only(options, v);
            secured both = over_tcp(tls::client_config(options), tls::server_config(serving()));
            REQUIRE(shake(both).good());
            CHECK(both.client.version() == v);
            CHECK(both.server.version() == v);
            CHECK(both.client.cipher() == both.server.cipher());
            CHECK_FALSE(both.client.cipher().empty());
            CHECK_FALSE(both.client.resumed());

            send(both.client, "over there?");
            CHECK(receive(both.server) == "over there?");
            send(both.server, "here");
            CHECK(receive(both.client) == "here");
        }
    });
}

TEST_CASE("the first read or write does the handshake", "[tls][handshake]") {
    in_fibers([] {
        secured both = over_memory(tls::client_config(trusting()), tls::server_config(serving()));
        auto server = weft::spawn([&] {
            std::string const heard = receive(both.server);
            send(both.server, heard + "!");
        });
        send(both.client, "lazy");
        CHECK(receive(both.client) == "lazy!");
        server.join();
    });
}

TEST_CASE("a reader and a writer that come together do one handshake", "[tls][handshake]") {
    in_fibers([] {
        secured both = over_memory(tls::client_config(trusting()), tls::server_config(serving()));
        auto reader = weft::spawn([&] { return receive(both.client); });
        auto writer = weft::spawn([&] { send(both.client, "from the client"); });
        auto server_writer = weft::spawn([&] { send(both.server, "from the server"); });
        CHECK(receive(both.server) == "from the client");
        CHECK(reader.join() == "from the server");
        writer.join();
        server_writer.join();
    });
}

TEST_CASE("the peer's certificate is described", "[tls][handshake]") {
    in_fibers([] {
        secured both =
            over_memory(tls::client_config(trusting()), tls::server_config([] {
                            auto options = serving();
                            options.identities = {
                                root()
                                    .issue({.subject = "loom",
                                            .names = {"DNS:weft.test", "DNS:*.loom.test", "IP:10.1.2.3", "IP:fd00::7"}})
                                    .load()};
                            return options;
                        }()));
        CHECK_FALSE(both.client.peer().has_value());
        REQUIRE(shake(both).good());
        auto const peer = both.client.peer();
        REQUIRE(peer.has_value());
        CHECK(peer->subject == "CN=loom");
        CHECK(peer->issuer == "CN=weft test root");
        CHECK(peer->dns_names == std::vector<std::string>{"weft.test", "*.loom.test"});
        CHECK(peer->addresses == std::vector<std::string>{"10.1.2.3", "fd00::7"});
        CHECK(peer->sha256.size() == 64);
        CHECK_FALSE(both.server.peer().has_value());
    });
}

TEST_CASE("a chain leads over authorities that only the server shows", "[tls][verify]") {
    in_fibers([] {
        auto const below = root().delegate("weft test intermediate");
        CHECK(judge(below->issue()).good());
    });
}

TEST_CASE("a certificate that has expired is refused, and so is one of tomorrow", "[tls][verify]") {
    in_fibers([] {
        verdict const late = judge(root().issue({.valid_from_days = -3, .valid_to_days = -1}));
        CHECK(late.client == tls::errc::expired);
        CHECK(late.client.message() == "certificate has expired");
        CHECK(late.server == tls::errc::refused_by_peer);
        CHECK(judge(root().issue({.valid_from_days = 1, .valid_to_days = 2})).client == tls::errc::expired);
    });
}

TEST_CASE("a certificate by nobody known is refused", "[tls][verify]") {
    in_fibers([] {
        CHECK(judge(self_signed()).client == tls::errc::untrusted);
        CHECK(judge(authority("somebody else").issue()).client == tls::errc::untrusted);
        // Neither does the system know it.
        CHECK(judge(weft_test_identity(), {}).client == tls::errc::untrusted);
    });
}

TEST_CASE("a certificate that is itself trusted is good", "[tls][verify]") {
    in_fibers([] {
        pem_identity const own = self_signed();
        tls::client_options options = trusting();
        options.trust_pem = own.chain;
        CHECK(judge(own, options).good());
    });
}

TEST_CASE("a certificate for another host is refused, and the message says for which", "[tls][verify]") {
    in_fibers([] {
        CHECK(judge(weft_test_identity(), trusting(), "other.test").client == tls::errc::wrong_host);
        CHECK(judge(weft_test_identity(), trusting(), "10.1.2.3").client == tls::errc::wrong_host);
        // The subject is no name of a host.
        CHECK(judge(root().issue({.subject = "weft.test", .names = {}})).client == tls::errc::wrong_host);

        tls::server_options options;
        options.identities = {root().issue({.names = {"DNS:a.test", "DNS:b.test"}}).load()};
        secured both = over_memory(tls::client_config(trusting()), tls::server_config(options));
        auto server = weft::spawn([&] { return shake(both.server); });
        std::string message;
        try {
            both.client.handshake();
        } catch (std::system_error const& e) {
            message = e.what();
        }
        CHECK(message.find("wanted weft.test, the certificate is for a.test, b.test") != std::string::npos);
        CHECK(both.client.error_detail().find("a.test, b.test") != std::string::npos);
        CHECK(server.join() == tls::errc::refused_by_peer);
    });
}

TEST_CASE("names, wildcards and addresses match as they should", "[tls][verify]") {
    in_fibers([] {
        pem_identity const shown = root().issue({.names = {"DNS:*.loom.test", "IP:10.1.2.3", "IP:fd00::7"}});
        CHECK(judge(shown, trusting(), "shuttle.loom.test").good());
        CHECK(judge(shown, trusting(), "Shuttle.LOOM.test.").good());
        CHECK(judge(shown, trusting(), "10.1.2.3").good());
        CHECK(judge(shown, trusting(), "[fd00::7]").good());
        CHECK(judge(shown, trusting(), "fd00::7%1").good());
        CHECK(judge(shown, trusting(), "loom.test").client == tls::errc::wrong_host);
        CHECK(judge(shown, trusting(), "a.b.loom.test").client == tls::errc::wrong_host);
        pem_identity const below = root().issue({.names = {"DNS:shuttle.loom.test"}});
        CHECK_THROWS_AS(judge(below, trusting(), ".loom.test").good(), std::invalid_argument);
        CHECK_THROWS_AS(judge(below, trusting(), ".").good(), std::invalid_argument);
    });
}

TEST_CASE("whoever asks for it accepts anybody", "[tls][verify]") {
    in_fibers([] {
        tls::client_options options;
        options.insecure_accept_any_certificate = true;
        CHECK(judge(self_signed(), options, "other.test").good());
        CHECK(judge(self_signed(), options, "").good());
    });
}

TEST_CASE("a server that requires a client's certificate gets one", "[tls][mutual]") {
    in_fibers([] {
        tls::server_options server = serving();
        server.clients = tls::client_certificate::required;
        server.trust_pem = root().pem();
        tls::server_config const strict(server);
        for (tls::version const v : both_versions) {
            tls::client_options options = trusting();
            only(options, v);
            options.identities = {root().issue({.subject = "shuttle", .names = {"DNS:shuttle.test"}}).load()};
            secured good = over_memory(tls::client_config(options), strict);
            REQUIRE(shake(good).good());
            REQUIRE(good.server.peer().has_value());
            CHECK(good.server.peer()->subject == "CN=shuttle");

            options.identities = {self_signed({.subject = "impostor"}).load()};
            secured bad = over_memory(tls::client_config(options), strict);
            CHECK(shake(bad).server == tls::errc::untrusted);

            // With TLS 1.3 the client is done before the server has seen what it lacks: reading tells.
            options.identities = {};
            secured none = over_memory(tls::client_config(options), strict);
            verdict const v2 = shake(none);
            CHECK(v2.server == tls::errc::no_certificate);
            std::error_code heard = v2.client;
            std::byte byte[1];
            if (!heard) none.client.read_some(byte, heard);
            CHECK(heard == tls::errc::refused_by_peer);
        }
    });
}

TEST_CASE("a client's certificate can be optional", "[tls][mutual]") {
    in_fibers([] {
        tls::server_options server = serving();
        server.clients = tls::client_certificate::optional;
        server.trust_pem = root().pem();
        tls::client_options client = trusting();
        secured none = over_memory(tls::client_config(client), tls::server_config(server));
        CHECK(shake(none).good());
        CHECK_FALSE(none.server.peer().has_value());
        client.identities = {root().issue().load()};
        secured one = over_memory(tls::client_config(client), tls::server_config(server));
        CHECK(shake(one).good());
        CHECK(one.server.peer().has_value());
    });
}

TEST_CASE("the server shows the certificate for the name that the client asks for", "[tls][sni]") {
    in_fibers([] {
        tls::server_options options;
        options.identities = {root().issue({.subject = "first", .names = {"DNS:first.test"}}).load(),
                              root().issue({.subject = "second", .names = {"DNS:second.test"}, .rsa = true}).load(),
                              root().issue({.subject = "wild", .names = {"DNS:*.wild.test"}}).load()};
        tls::server_config const server(options);
        tls::client_config const client(trusting());
        auto shown_to = [&](char const* host) {
            secured both = over_memory(client, server, {}, host);
            verdict const v = shake(both);
            CHECK(both.server.server_name() == host);
            return v.good() ? both.client.peer()->subject : v.client.message();
        };
        CHECK(shown_to("first.test") == "CN=first");
        CHECK(shown_to("second.test") == "CN=second");
        CHECK(shown_to("a.wild.test") == "CN=wild");
        CHECK(shown_to("nobody.test") == "hostname mismatch");  // the first, which is not for it
    });
}

TEST_CASE("both sides agree on a protocol, or do not talk", "[tls][alpn]") {
    in_fibers([] {
        tls::server_options server = serving();
        server.alpn = {"h2", "http/1.1"};
        tls::server_config const offering(server);
        auto agreed = [&](std::vector<std::string> offered) {
            tls::client_options options = trusting();
            options.alpn = std::move(offered);
            secured both = over_memory(tls::client_config(options), offering);
            verdict const v = shake(both);
            CHECK(both.client.alpn() == both.server.alpn());
            if (v.good()) return both.client.alpn();
            CHECK(v.client == tls::errc::refused_by_peer);
            return std::string("refused");
        };
        CHECK(agreed({"http/1.1", "h2"}) == "h2");  // the server's choice
        CHECK(agreed({"http/1.1"}) == "http/1.1");
        CHECK(agreed({}).empty());
        CHECK(agreed({"gopher"}) == "refused");
    });
}

TEST_CASE("sides without a common version do not talk", "[tls][handshake]") {
    in_fibers([] {
        tls::server_options server = serving();
        server.min_version = tls::version::tls13;
        tls::client_options client = trusting();
        client.max_version = tls::version::tls12;
        secured both = over_memory(tls::client_config(client), tls::server_config(server));
        verdict const v = shake(both);
        CHECK(v.server == tls::errc::protocol);
        CHECK(v.client == tls::errc::refused_by_peer);
    });
}

TEST_CASE("a peer that does not speak TLS is told from one that does", "[tls][handshake]") {
    in_fibers([] {
        auto [near, far] = connect();
        tls::stream client = tls::client(std::move(near), "weft.test", tls::client_config(trusting()));
        auto plain = weft::spawn([&far = far] { send(far, "HTTP/1.0 400 Bad Request\r\n\r\n"); });
        CHECK(shake(client) == tls::errc::protocol);
        plain.join();
    });
}

TEST_CASE("a broken stream gives the same error again, and its words", "[tls][handshake]") {
    in_fibers([] {
        secured both = over_memory(tls::client_config(trusting()), tls::server_config(serving()), {}, "other.test");
        auto server = weft::spawn([&] { return shake(both.server); });
        std::error_code first, second, third;
        both.client.handshake(first);
        std::byte byte[1];
        both.client.read_some(byte, second);
        both.client.write_all(byte, third);
        CHECK(first == tls::errc::wrong_host);
        CHECK(second == first);
        CHECK(third == first);
        CHECK(both.client.error_detail().starts_with("hostname mismatch: wanted other.test"));
        CHECK(server.join());
    });
}
