#pragma once
#include <weft/socket_base.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <system_error>

namespace weft::net {

/// A connection that carries bytes: what `tcp_stream` and `unix_stream` share.
///
/// Thread safety: reading, writing, deadlines, `shutdown_*` and `close` from any fiber or thread at the same time.
/// Reads stand in line for each other, and so do writes; a read does not wait for a write. To move, assign or destroy
/// the object is for one alone.
/// Blocks: `read_*` until there is data, `write_*` until there is room.
class stream_socket : public socket_base {
public:
    /// Reads at least one byte, as many as are there; 0 at the end of the stream. An empty buffer reads nothing and
    /// does not wait.
    std::size_t read_some(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec);

    /// Fills the buffer; less only at the end of the stream. As a unit: no other read comes between.
    /// Errors: what was read before a failure is in the buffer; the `error_code&` form returns how much.
    std::size_t read_exact(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t read_exact(std::span<std::byte> buffer, std::error_code& ec);

    /// `read_some` into several buffers, one after the other, with one system call. Empty ones are skipped.
    std::size_t read_vectored(std::span<std::span<std::byte> const> buffers);
    /// The same; a failure is reported in `ec`.
    std::size_t read_vectored(std::span<std::span<std::byte> const> buffers, std::error_code& ec);

    /// Hands at least one byte to the system and returns how many.
    std::size_t write_some(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec);

    /// Hands all bytes to the system, as a unit: no other write comes between. Returns the number sent.
    /// Errors: the message of the exception says how many were sent before the failure; the `error_code&` form returns
    /// it.
    std::size_t write_all(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t write_all(std::span<std::byte const> buffer, std::error_code& ec);

    /// `write_all` of several buffers, one after the other, with as few system calls as possible: any number of them,
    /// and empty ones too.
    std::size_t write_vectored(std::span<std::span<std::byte const> const> buffers);
    /// The same; a failure is reported in `ec`.
    std::size_t write_vectored(std::span<std::span<std::byte const> const> buffers, std::error_code& ec);

    /// Tells the peer that nothing more will be sent: it reads the end of the stream.
    void shutdown_write();
    /// Reads, also one in progress, find the end of the stream once they have taken what has arrived.
    void shutdown_read();

    /// The peer's address.
    /// Errors: `not_connected` once the connection has ended: to log it, ask when it begins.
    endpoint remote() const;

    /// What becomes of written bytes when the stream is closed. `nullopt`, as it is from the start: the system goes on
    /// sending. 0: they are dropped, and the peer's connection is reset. Longer: as `nullopt`; `close` never waits.
    /// Units: seconds
    void set_linger(std::optional<std::chrono::seconds> time);

protected:
    /// Holds no socket.
    stream_socket() noexcept = default;
    /// Owns `socket`.
    explicit stream_socket(detail::descriptor& socket) noexcept : socket_base(socket) {}
    /// Takes the socket over; operations in progress go on.
    stream_socket(stream_socket&&) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    stream_socket& operator=(stream_socket&&) noexcept = default;
    ~stream_socket() = default;
};

}  // namespace weft::net
