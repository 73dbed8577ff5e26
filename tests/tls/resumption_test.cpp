// Sessions that are continued, and those that are not.

#include <atomic>
#include <string>
#include <weft/weft.hpp>

#include "secured.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace tls = weft::tls;

namespace {

constexpr tls::version both_versions[] = {tls::version::tls12, tls::version::tls13};

tls::client_options speaking(tls::version v) {
    tls::client_options options = trusting();
    options.min_version = options.max_version = v;
    return options;
}

// One connection from handshake to goodbye; the tickets of TLS 1.3 come with what is read. Whether it was resumed.
bool visit(tls::client_config const& client, tls::server_config const& server, char const* host = "weft.test") {
    secured both = over_memory(client, server, {}, host);
    auto serving = weft::spawn([&] {
        std::string const heard = receive(both.server);
        send(both.server, heard);
        both.server.shutdown_write();
        receive(both.server);
        return both.server.resumed();
    });
    send(both.client, "hello");
    bool const fine = receive_all(both.client) == "hello" && both.client.peer().has_value();
    both.client.close();
    CHECK(fine);
    CHECK(serving.join() == both.client.resumed());
    return both.client.resumed();
}

}  // namespace

TEST_CASE("the second connection to a server resumes the session of the first", "[tls][resume]") {
    in_fibers([] {
        for (tls::version const v : both_versions) {
            tls::client_config const client(speaking(v));
            tls::server_config const server(serving());
            CHECK_FALSE(visit(client, server));
            for (int again = 0; again != 4; ++again) CHECK(visit(client, server));
            // What is kept belongs to the configuration.
            CHECK_FALSE(visit(tls::client_config(speaking(v)), server));
        }
    });
}

TEST_CASE("copies of a configuration share its sessions", "[tls][resume]") {
    in_fibers([] {
        tls::client_config const client(trusting());
        tls::server_config const server(serving());
        visit(tls::client_config(client), tls::server_config(server));
        CHECK(visit(client, server));
    });
}

TEST_CASE("a session is not offered to a server of another name", "[tls][resume]") {
    in_fibers([] {
        tls::server_options options;
        options.identities = {root().issue({.names = {"DNS:a.test", "DNS:b.test"}}).load()};
        tls::server_config const server(options);
        tls::client_config const client(trusting());
        CHECK_FALSE(visit(client, server, "a.test"));
        CHECK_FALSE(visit(client, server, "b.test"));
        CHECK(visit(client, server, "a.test"));
    });
}

TEST_CASE("either side can do without resumption", "[tls][resume]") {
    in_fibers([] {
        for (tls::version const v : both_versions) {
            tls::server_config const server(serving());
            tls::client_options forgetful = speaking(v);
            forgetful.resume = false;
            tls::client_config const client(forgetful);
            visit(client, server);
            CHECK_FALSE(visit(client, server));

            tls::server_options unwilling = serving();
            unwilling.resume = false;
            tls::server_config const strict(unwilling);
            tls::client_config const keeping(speaking(v));
            visit(keeping, strict);
            CHECK_FALSE(visit(keeping, strict));
        }
    });
}

TEST_CASE("a server that does not know the session any more starts a new one", "[tls][resume]") {
    in_fibers([] {
        for (tls::version const v : both_versions) {
            tls::client_config const client(speaking(v));
            visit(client, tls::server_config(serving()));
            tls::server_config const restarted(serving());
            CHECK_FALSE(visit(client, restarted));
            CHECK(visit(client, restarted));
        }
    });
}

TEST_CASE("a resumed connection still knows who the client is", "[tls][resume][mutual]") {
    in_fibers([] {
        for (tls::version const v : both_versions) {
            tls::server_options options = serving();
            options.clients = tls::client_certificate::required;
            options.trust_pem = root().pem();
            tls::server_config const server(options);
            tls::client_options mine = speaking(v);
            mine.identities = {root().issue({.subject = "shuttle"}).load()};
            tls::client_config const client(mine);
            CHECK_FALSE(visit(client, server));
            secured both = over_memory(client, server);
            REQUIRE(shake(both).good());
            CHECK(both.server.resumed());
            CHECK(both.server.peer()->subject == "CN=shuttle");
        }
    });
}

TEST_CASE("many fibers share one configuration", "[tls][resume]") {
    in_fibers([] {
        tls::client_config const client(trusting());
        tls::server_config const server(serving());
        constexpr int connections = sized(60, 30, 10);
        std::atomic<int> good{0};
        weft::wait_group all;
        for (int i = 0; i != connections; ++i)
            all.go([&] {
                secured both = over_memory(client, server);
                auto far = weft::spawn([&] {
                    std::string const heard = receive(both.server);
                    send(both.server, heard);
                });
                send(both.client, "hello");
                good += receive(both.client) == "hello";
                far.join();
            });
        all.wait();
        CHECK(good == connections);
    });
}
