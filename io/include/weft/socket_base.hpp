#pragma once
#include <weft/clock.hpp>
#include <weft/detail/readiness_source.hpp>

#include <cstddef>
#include <utility>

namespace weft::net {

class endpoint;

/// What all sockets have in common. Move-only; closes when destroyed.
///
/// Thread safety: every member from any fiber or thread at the same time. To move, assign or destroy the object is for
/// one alone; operations in progress go on when it is moved.
class socket_base {
public:
    /// From `t` on every operation, also one in progress, fails with `timed_out`, until the deadline is moved or
    /// cleared. `time_point::max()` is none.
    void set_deadline(clock::time_point t);
    /// The same for reading, receiving and accepting only.
    void set_read_deadline(clock::time_point t);
    /// The same for writing and sending only.
    void set_write_deadline(clock::time_point t);
    /// No deadline, in either direction.
    void clear_deadline();

    /// Wakes whoever waits on this socket with `operation_canceled`, and closes it. Closing again does nothing. Whoever it
    /// wakes may destroy this object at once.
    /// Blocks: until the operations in progress have noticed; not a point of cancellation.
    void close() noexcept;
    /// Holds a socket that has not been closed by this side.
    bool is_open() const noexcept;

    /// This end's address.
    endpoint local() const;
    /// The descriptor, which stays this object's, or -1. It is non-blocking and must not be closed.
    int native_handle() const noexcept;

    /// How much may have arrived before it is read. The system rounds, limits, and doubles it for its own use.
    /// Units: bytes
    void set_receive_buffer(std::size_t bytes);
    /// How much may be written before it has been sent.
    /// Units: bytes
    void set_send_buffer(std::size_t bytes);
    /// What the system made of it.
    /// Units: bytes
    std::size_t receive_buffer() const;
    /// What the system made of it.
    /// Units: bytes
    std::size_t send_buffer() const;

protected:
    /// Holds no socket.
    socket_base() noexcept = default;
    /// Owns `socket`.
    explicit socket_base(detail::descriptor& socket) noexcept : socket_(&socket) {}
    /// Takes the socket over; operations in progress go on.
    socket_base(socket_base&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
    /// Closes the socket held so far, and takes the other's over.
    socket_base& operator=(socket_base&& other) noexcept;
    ~socket_base();

    friend struct detail::socket_access;

    /// Null: holds none.
    detail::descriptor* socket_ = nullptr;
};

}  // namespace weft::net
