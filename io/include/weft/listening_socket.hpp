#pragma once
#include <weft/socket_base.hpp>

#include <memory>
#include <system_error>

namespace weft::detail {
class descriptor_reserve;
}

namespace weft::net {

/// How to listen.
struct listen_options {
    /// Connections that may wait to be accepted; the system may allow fewer.
    int backlog = 4096;
    /// Take a port whose last connections have not timed out yet.
    bool reuse_address = true;
    /// Let several listeners, say one per worker, share the address; the system spreads connections over them.
    bool per_worker = false;
    /// At "[::]" take IPv6 connections only. Else those of IPv4 come as well, from "[::ffff:127.0.0.1]".
    bool ipv6_only = false;
    /// When the process is out of descriptors, accept and close at once what arrives, so that the peer learns of it,
    /// instead of leaving it waiting and failing. The listener keeps one descriptor in reserve for that.
    bool shed_when_full = false;
};

/// A socket that connections arrive at: what `tcp_listener` and `unix_listener` share. When destroyed, or closed, it
/// removes the file of a unix socket.
///
/// Thread safety: `accept`, deadlines and `close` from any fiber or thread at the same time. Several may accept; they
/// stand in line.
class listening_socket : public socket_base {
public:
    /// Wakes whoever waits in `accept` with `operation_canceled`, and stops listening. Closing again does nothing.
    /// Blocks: until the operations in progress have noticed; not a point of cancellation.
    void close() noexcept;

protected:
    friend struct detail::socket_access;

    /// Holds no socket.
    listening_socket() noexcept = default;
    /// Owns `socket`.
    explicit listening_socket(detail::descriptor& socket) noexcept : socket_base(socket) {}
    /// Takes the socket over; operations in progress go on.
    listening_socket(listening_socket&& other) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    listening_socket& operator=(listening_socket&& other) noexcept;
    ~listening_socket();

    /// The next connection.
    detail::descriptor& accept_next();
    /// The same; null, with a failure reported in `ec`.
    detail::descriptor* accept_next(std::error_code& ec);

    /// Null: does not shed.
    std::shared_ptr<detail::descriptor_reserve> reserve_;
};

}  // namespace weft::net
