#pragma once
#include <weft/net.hpp>

#include <cstddef>
#include <span>
#include <system_error>

namespace weft::net {

/// What `recv_from` received.
struct datagram {
    /// Bytes in the buffer. 0 is an empty datagram, never an end.
    std::size_t bytes = 0;
    /// Bytes that were sent: more than `bytes` if the buffer was too small, and the rest is lost.
    std::size_t sent = 0;
    /// Who sent it; no address if the sender has none.
    endpoint from;

    /// The buffer was too small.
    bool truncated() const noexcept { return sent > bytes; }
};

/// A socket that carries datagrams, each whole or not at all: what `udp_socket` and `unix_datagram` share.
///
/// Thread safety: sending, receiving, deadlines and `close` from any fiber or thread at the same time. Those who receive
/// stand in line for each other, and so do those who send; receiving does not wait for sending. To move, assign or
/// destroy the object is for one alone.
/// Blocks: `recv*` until a datagram arrives, `send*` until there is room.
class datagram_socket : public socket_base {
public:
    /// Sends a datagram, an empty one too, to `to`. Returns its size.
    /// Errors: `message_size` if it is too large; what the network reported since the last call, such as
    /// `connection_refused`.
    std::size_t send_to(std::span<std::byte const> data, endpoint const& to);
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    std::size_t send_to(std::span<std::byte const> data, endpoint const& to, std::error_code& ec);

    /// Receives the next datagram. Waits also if the buffer is empty.
    datagram recv_from(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    datagram recv_from(std::span<std::byte> buffer, std::error_code& ec);

    /// From now on sends to `to` and receives from there only. An endpoint without address undoes it.
    void connect(endpoint const& to);
    /// Sends a datagram to where it is connected.
    /// Errors: as `send_to`; `destination_address_required` or `not_connected` if it is not connected.
    std::size_t send(std::span<std::byte const> data);
    /// The same; a failure is reported in `ec`.
    std::size_t send(std::span<std::byte const> data, std::error_code& ec);
    /// Receives the next datagram and returns its size.
    /// Errors: `message_size` if the buffer is too small; it is full then, and the rest is lost.
    std::size_t recv(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`. Returns the number of bytes in the buffer.
    std::size_t recv(std::span<std::byte> buffer, std::error_code& ec);

    /// Where it is connected.
    /// Errors: `not_connected`.
    endpoint remote() const;

protected:
    /// Holds no socket.
    datagram_socket() noexcept = default;
    /// Owns `socket`.
    explicit datagram_socket(detail::descriptor& socket) noexcept : socket_base(socket) {}
    /// Takes the socket over; operations in progress go on.
    datagram_socket(datagram_socket&&) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    datagram_socket& operator=(datagram_socket&&) noexcept = default;
    ~datagram_socket() = default;
};

}  // namespace weft::net
