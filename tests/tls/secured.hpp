// Two ends of a TLS connection.
#pragma once

#include <string>
#include <system_error>
#include <utility>
#include <weft/fiber.hpp>
#include <weft/go.hpp>
#include <weft/tls.hpp>

#include "certificates.hpp"
#include "io/sockets.hpp"
#include "link.hpp"
#include "support/fixture.hpp"

namespace weft_test {

struct secured {
    weft::tls::stream client, server;
};

inline secured over_memory(weft::tls::client_config const& client, weft::tls::server_config const& server,
                           link_limits const& limits = {}, char const* host = "weft.test") {
    auto [near, far] = link_end::make(limits);
    return {weft::tls::client(std::move(near), host, client), weft::tls::server(std::move(far), server)};
}

inline secured over_tcp(weft::tls::client_config const& client, weft::tls::server_config const& server,
                        char const* host = "weft.test") {
    auto [near, far] = connect();
    return {weft::tls::client(std::move(near), host, client), weft::tls::server(std::move(far), server)};
}

/// What both sides say of the handshake.
struct verdict {
    std::error_code client, server;

    bool good() const noexcept { return !client && !server; }
};

/// A side that fails closes, as programs do.
inline std::error_code shake(weft::tls::stream& side) {
    std::error_code ec;
    side.handshake(ec);
    if (ec) side.close();
    return ec;
}

inline verdict shake(secured& both) {
    auto server = weft::spawn([&] { return shake(both.server); });
    verdict v;
    v.client = shake(both.client);
    v.server = server.join();
    return v;
}

inline void send(weft::tls::stream& to, std::string_view text) { to.write_all(weft::as_bytes(text)); }

/// What arrives next; empty at the end of the stream.
inline std::string receive(weft::tls::stream& from, std::size_t most = 1024) {
    std::string text(most, '\0');
    text.resize(from.read_some(writable(text)));
    return text;
}

/// Everything up to the end of the stream.
inline std::string receive_all(weft::tls::stream& from) {
    std::string all;
    for (std::string part; !(part = receive(from, 20'000)).empty();) all += part;
    return all;
}

/// What most tests connect with, and to.
inline weft::tls::client_config const& client_config() {
    static weft::tls::client_config const only(trusting());
    return only;
}
inline weft::tls::server_config const& server_config() {
    static weft::tls::server_config const only(serving());
    return only;
}

/// `in_fibers`, once the configurations are made: by this thread, because a fiber may not park in a static's initialiser.
template <class Body>
void with_peers(Body const& body) {
    client_config();
    server_config();
    in_fibers(body);
}

}  // namespace weft_test
