#pragma once
#include <weft/clock.hpp>
#include <weft/net.hpp>
#include <weft/tls_config.hpp>
#include <weft/tls_stream.hpp>

#include <string_view>
#include <system_error>
#include <utility>

namespace weft::tls {

/// A socket that accepts connections with TLS. Move-only; closes when destroyed.
///
/// Thread safety: as `net::tcp_listener`.
/// Blocks: `accept`, until there is a connection; never for a handshake, which is done by the first operation on the
/// connection, in the fiber that serves it. So a client that is slow, or hostile, holds nobody else up.
class listener {
public:
    /// Wraps one that listens.
    listener(net::tcp_listener sockets, server_config config) noexcept
        : sockets_(std::move(sockets)), config_(std::move(config)) {}

    /// The next connection, before its handshake.
    /// Errors: as `net::tcp_listener::accept`.
    stream accept() { return server(sockets_.accept(), config_); }
    /// The same; a failure is reported in `ec`.
    stream accept(std::error_code& ec) {
        net::tcp_stream next = sockets_.accept(ec);
        return ec ? stream() : server(std::move(next), config_);
    }

    /// From `t` on `accept`, also one in progress, fails with `timed_out`, until the deadline is moved or cleared.
    void set_deadline(clock::time_point t) { sockets_.set_deadline(t); }
    /// No deadline.
    void clear_deadline() { sockets_.clear_deadline(); }
    /// Wakes whoever waits in `accept` with `operation_canceled`, and stops listening.
    void close() noexcept { sockets_.close(); }
    /// Where it listens.
    net::endpoint local() const { return sockets_.local(); }

private:
    net::tcp_listener sockets_;
    server_config config_;
};

/// Listens as `net::listen` does.
/// Errors: as `net::listen`.
inline listener listen(std::string_view address, server_config const& config, net::listen_options options = {}) {
    return {net::listen(address, options), config};
}

}  // namespace weft::tls
