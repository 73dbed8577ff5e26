// A ticket that comes in several records, the way OpenSSL sends large ones in small fragments: in the middle of it, it writes
// nothing.

#include <string>
#include <weft/weft.hpp>

#include "secured.hpp"
#include "settings.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace tls = weft::tls;

namespace {

// Two sides, with somebody in the middle who lets the server's bytes through at first, and then as the test wants.
struct held_up {
    link_end to_client, to_server;
    tls::stream client, server;
};

weft::fiber<void> pump(link_end& from, link_end& to) {
    return weft::spawn([&] {
        std::byte buffer[4096];
        std::error_code ec;
        for (std::size_t n = 1; n != 0 && !ec;) {
            n = from.read_some(buffer, ec);
            if (n != 0 && !ec) to.write_some(std::span(buffer).first(n), ec);
        }
    });
}

// The client's certificate is in the ticket.
tls::client_config const& known_client() {
    static tls::client_config const only([] {
        tls::client_options options = trusting();
        options.identities = {root().issue().load()};
        options.resume = false;
        return options;
    }());
    return only;
}
tls::server_config const& knowing_server() {
    static tls::server_config const only = [] {
        tls::server_options options = serving();
        options.clients = tls::client_certificate::required;
        options.trust_pem = root().pem();
        tls::server_config made(options);
        SSL_CTX_set_max_send_fragment(weft::detail::tls_access::held(made)->context.get(), 512);
        return made;
    }();
    return only;
}

held_up shake_hands() {
    auto [client_side, to_client] = link_end::make();
    auto [to_server, server_side] = link_end::make();
    held_up made{std::move(to_client), std::move(to_server),
                 tls::client(std::move(client_side), "weft.test", known_client()),
                 tls::server(std::move(server_side), knowing_server())};
    auto up = pump(made.to_client, made.to_server);
    auto down = pump(made.to_server, made.to_client);
    auto shaking = weft::spawn([&] { return shake(made.server); });
    REQUIRE_FALSE(shake(made.client));
    REQUIRE_FALSE(shaking.join());
    for (auto* each : {&up, &down}) {
        each->cancel();
        each->join();
    }
    return made;
}

std::string take(link_end& from) {
    std::string bytes(20'000, '\0');
    std::error_code ec;
    bytes.resize(from.read_some(writable(bytes), ec));
    return bytes;
}

void give(link_end& to, std::string_view bytes) {
    std::error_code ec;
    to.write_some(weft::as_bytes(bytes), ec);
}

std::size_t first_record(std::string_view bytes) {
    return 5U + static_cast<unsigned char>(bytes[3]) * 256U + static_cast<unsigned char>(bytes[4]);
}

// Sends "x" behind a ticket, and lets the first record of the ticket through. The rest.
std::string send_half_a_ticket(held_up& both) {
    send(both.server, "x");
    std::string sent = take(both.to_server);
    std::size_t const first = first_record(sent);
    REQUIRE(first < sent.size());
    give(both.to_client, std::string_view(sent).substr(0, first));
    return sent.substr(first);
}

weft::fiber<std::string> begin_to_read(tls::stream& client) {
    auto reading = weft::spawn([&] { return receive(client); });
    yield_until([&] { return client.transport<link_end>()->under_way() == 0; });
    until_parked(1);
    return reading;
}

void give_up(weft::fiber<std::string>& reading) {
    reading.cancel();
    CHECK_THROWS_AS(reading.join(), weft::cancelled);
}

// What the client has written arrives.
std::string hear_client(held_up& both) {
    give(both.to_server, take(both.to_client));
    return receive(both.server);
}

template <class Body>
void with_known_peers(Body const& body) {
    known_client();
    knowing_server();
    in_fibers(body);
}

}  // namespace

TEST_CASE("who writes in the middle of a ticket waits for the rest of it", "[tls][bug]") {
    with_known_peers([] {
        for (bool const is_read : {true, false})
            for (bool const writes : {true, false}) {
                INFO("read meanwhile: " << is_read << ", writes: " << writes);
                held_up both = shake_hands();
                std::string const rest = send_half_a_ticket(both);
                auto reading = begin_to_read(both.client);
                if (!is_read) give_up(reading);
                auto writing = weft::spawn([&] {
                    if (writes) send(both.client, "y");
                    both.client.shutdown_write();
                });
                until_parked(is_read ? 2 : 1);
                give(both.to_client, rest);
                writing.join();
                CHECK((is_read ? reading.join() : receive(both.client)) == "x");
                if (writes) CHECK(hear_client(both) == "y");
                if (!writes) give(both.to_server, take(both.to_client));
                CHECK(receive(both.server).empty());
            }
    });
}

TEST_CASE("a reader that gives up in the middle of a ticket leaves the rest to the writer", "[tls][cancel][bug]") {
    with_known_peers([] {
        held_up both = shake_hands();
        std::string const rest = send_half_a_ticket(both);
        auto reading = begin_to_read(both.client);
        auto writing = weft::spawn([&] { send(both.client, "y"); });
        until_parked(2);
        give_up(reading);
        give(both.to_client, rest);
        writing.join();
        CHECK(receive(both.client) == "x");
        CHECK(hear_client(both) == "y");
    });
}

TEST_CASE("a deadline ends a write in the middle of a ticket, and it can be made again", "[tls][deadline][bug]") {
    with_known_peers([] {
        for (bool const is_read : {true, false}) {
            INFO("read meanwhile: " << is_read);
            held_up both = shake_hands();
            std::string const rest = send_half_a_ticket(both);
            auto reading = begin_to_read(both.client);
            if (!is_read) give_up(reading);
            both.client.set_write_deadline(past());
            std::error_code ec;
            CHECK(both.client.write_all(weft::as_bytes("y"), ec) == 0);
            CHECK(ec == std::errc::timed_out);
            both.client.clear_deadline();
            give(both.to_client, rest);
            CHECK((is_read ? reading.join() : receive(both.client)) == "x");
            send(both.client, "y");
            CHECK(hear_client(both) == "y");
        }
    });
}
