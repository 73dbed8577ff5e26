#pragma once
#include <weft/datagram_socket.hpp>
#include <weft/unique_fd.hpp>

#include <sys/types.h>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace weft::net {

/// Who is at the other end of a connection.
struct credentials {
    /// The process, as it was when it connected or listened.
    pid_t process = 0;
    /// Its effective user.
    uid_t user = 0;
    /// Its effective group.
    gid_t group = 0;
};

/// What `recv_descriptors` received.
struct passed_descriptors {
    /// Bytes in the buffer.
    std::size_t bytes = 0;
    /// Close-on-exec, and owned by the receiver.
    std::vector<unique_fd> descriptors;
    /// More descriptors were sent than this process had numbers for; the system has closed them.
    bool lost = false;
    /// A datagram was larger than the buffer; the rest is lost.
    bool truncated = false;
};

/// A connection between processes of this machine. Move-only; closes when destroyed.
class unix_stream : public stream_socket {
public:
    /// Holds no socket.
    unix_stream() noexcept = default;
    /// Takes the socket over; operations in progress go on.
    unix_stream(unix_stream&&) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    unix_stream& operator=(unix_stream&&) noexcept = default;
    ~unix_stream() = default;

    /// Writes all bytes, at least one, and passes copies of the descriptors, at most 253, along with the first. The
    /// caller keeps its own.
    /// Errors: `invalid_argument` without a byte or with too many descriptors; otherwise as `write_all`. If a byte was
    /// sent, so were all descriptors.
    std::size_t send_descriptors(std::span<std::byte const> data, std::span<int const> descriptors);
    /// The same; a failure is reported in `ec`. Returns the number of bytes sent.
    std::size_t send_descriptors(std::span<std::byte const> data, std::span<int const> descriptors,
                                 std::error_code& ec);
    /// Reads at least one byte, and the descriptors that came with what it reads; 0 bytes at the end of the stream. The
    /// plain reads close the descriptors that they come across.
    passed_descriptors recv_descriptors(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    passed_descriptors recv_descriptors(std::span<std::byte> buffer, std::error_code& ec);

    /// Who is at the other end.
    credentials peer() const;

private:
    friend struct detail::socket_access;
    explicit unix_stream(detail::descriptor& socket) noexcept : stream_socket(socket) {}
};

/// Accepts connections of this machine. Move-only; closes when destroyed, and then removes its file.
/// Blocks: `accept` until a connection arrives.
class unix_listener : public listening_socket {
public:
    /// Holds no socket.
    unix_listener() noexcept = default;
    /// Takes the socket over; operations in progress go on.
    unix_listener(unix_listener&&) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    unix_listener& operator=(unix_listener&&) noexcept = default;
    ~unix_listener() = default;

    /// The next connection, as `tcp_listener::accept`.
    unix_stream accept();
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    unix_stream accept(std::error_code& ec);

private:
    friend struct detail::socket_access;
    explicit unix_listener(detail::descriptor& socket) noexcept : listening_socket(socket) {}
};

/// Datagrams between processes of this machine: in order, and none is lost, a sender waits until there is room. Move-only;
/// closes when destroyed, and then removes its file.
class unix_datagram : public datagram_socket {
public:
    /// Holds no socket.
    unix_datagram() noexcept = default;
    /// Takes the socket over; operations in progress go on.
    unix_datagram(unix_datagram&&) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    unix_datagram& operator=(unix_datagram&& other) noexcept;
    ~unix_datagram();

    /// Wakes whoever waits with `operation_canceled`, closes the socket and removes its file. Again does nothing.
    /// Blocks: until the operations in progress have noticed; not a point of cancellation.
    void close() noexcept;

    /// Sends a datagram to where it is connected, with copies of the descriptors, at most 253.
    std::size_t send_descriptors(std::span<std::byte const> data, std::span<int const> descriptors);
    /// The same; a failure is reported in `ec`.
    std::size_t send_descriptors(std::span<std::byte const> data, std::span<int const> descriptors,
                                 std::error_code& ec);
    /// Receives a datagram and the descriptors that came with it. The plain receives close those.
    passed_descriptors recv_descriptors(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    passed_descriptors recv_descriptors(std::span<std::byte> buffer, std::error_code& ec);

private:
    friend struct detail::socket_access;
    explicit unix_datagram(detail::descriptor& socket) noexcept : datagram_socket(socket) {}
};

/// Listens at "/path" or "@abstract", with or without "unix:" before it.
/// Errors: `std::invalid_argument` for a text that is none, `std::system_error`, `runtime_stopped` outside a runtime.
unix_listener listen_unix(std::string_view address, listen_options options = {});
/// Connects to "/path" or "@abstract", with or without "unix:" before it.
/// Errors: as `listen_unix`; `resource_unavailable_try_again` if the listener's backlog is full.
unix_stream dial_unix(std::string_view address);
/// A socket at "/path" or "@abstract", with or without "unix:" before it; without a name if the text is empty, which can
/// send, but is sent to only through `datagram_pair`.
/// Errors: as `listen_unix`.
unix_datagram bind_unix_datagram(std::string_view address = {});

/// Two streams connected with each other.
/// Errors: `std::system_error`, `runtime_stopped` outside a runtime.
std::pair<unix_stream, unix_stream> stream_pair();
/// Two datagram sockets connected with each other.
/// Errors: as `stream_pair`.
std::pair<unix_datagram, unix_datagram> datagram_pair();

}  // namespace weft::net
