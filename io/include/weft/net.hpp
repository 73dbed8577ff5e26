#pragma once
#include <weft/clock.hpp>
#include <weft/detail/readiness_source.hpp>
#include <weft/detail/typed_case.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace weft {

namespace detail {
class descriptor;
struct endpoint_access;
}  // namespace detail

/// Sockets that read as if they blocked. A call that would block parks the calling fiber (or blocks the plain thread);
/// its worker runs others meanwhile.
///
/// Each call comes in two forms: one throws, the other reports through its `std::error_code&` and clears it on success.
/// Errors: `std::system_error` with the system's error number; `timed_out` when a deadline has passed;
/// `operation_canceled` when the socket was closed, by this program, before or during the call; `bad_file_descriptor`
/// on an object that holds no socket. In a cancelled fiber a call that would wait throws `cancelled`, or
/// `deadline_exceeded`; with an `error_code&` it reports `operation_canceled`, or `timed_out` if a deadline of the fiber's
/// context was the reason. A socket belongs to the runtime whose fiber created it; when that has
/// ended, waiting fails with `operation_canceled`.
namespace net {

/// The address of one end of a connection: "127.0.0.1:80", "[::1]:80", "[fe80::1%2]:80", "unix:/path" or
/// "unix:@abstract".
class endpoint {
public:
    /// No address; its text is empty.
    endpoint() noexcept = default;
    /// Reads the numeric forms above; the scope after `%` may be a number or the name of an interface.
    /// Errors: `std::invalid_argument` that says what is wrong.
    static endpoint parse(std::string_view text);
    /// The text that `parse` turns into this endpoint again. An unnamed unix socket is "unix:", which `parse` refuses.
    std::string to_string() const;
    /// 0 for unix sockets.
    std::uint16_t port() const noexcept;
    friend bool operator==(endpoint const& a, endpoint const& b) noexcept = default;

private:
    friend struct detail::endpoint_access;

    // A socket address of the system. Bytes after the first size_ are zero.
    static constexpr std::size_t most_bytes = 110;
    alignas(8) std::array<std::byte, most_bytes> bytes_{};
    std::uint8_t size_ = 0;
};

/// A connection: TCP, or a unix stream socket. Move-only; closes when destroyed.
///
/// Thread safety: reading, writing, deadlines, `shutdown_*` and `close` from any fiber or thread at the same time.
/// Reads stand in line for each other, and so do writes; a read does not wait for a write. To move, assign or destroy
/// the object is for one alone.
/// Blocks: `read_*` until there is data, `write_*` until there is room.
class tcp_stream {
public:
    /// Holds no socket.
    tcp_stream() noexcept = default;
    /// Takes the socket over; operations in progress go on.
    tcp_stream(tcp_stream&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
    /// Closes the socket held so far, and takes the other's over.
    tcp_stream& operator=(tcp_stream&& other) noexcept;
    ~tcp_stream();

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

    /// From `t` on every operation, also one in progress, fails with `timed_out`, until the deadline is moved or
    /// cleared. `time_point::max()` is none.
    void set_deadline(clock::time_point t);
    /// The same for reading only.
    void set_read_deadline(clock::time_point t);
    /// The same for writing only.
    void set_write_deadline(clock::time_point t);
    /// No deadline, in either direction.
    void clear_deadline();

    /// Tells the peer that nothing more will be sent: it reads the end of the stream.
    void shutdown_write();
    /// Reads, also one in progress, find the end of the stream once they have taken what has arrived.
    void shutdown_read();

    /// Wakes whoever waits on this stream with `operation_canceled`, and closes it. Closing again does nothing.
    /// Blocks: until the operations in progress have noticed; not a point of cancellation.
    void close() noexcept;
    /// Holds a socket that has not been closed by this side.
    bool is_open() const noexcept;

    /// This end's address.
    endpoint local() const;
    /// The peer's address.
    /// Errors: `not_connected` once the connection has ended: to log it, ask when it begins.
    endpoint remote() const;
    /// The descriptor, which stays this object's, or -1. It is non-blocking and must not be closed.
    int native_handle() const noexcept;

private:
    friend struct detail::socket_access;
    explicit tcp_stream(detail::descriptor& socket) noexcept : socket_(&socket) {}

    detail::descriptor* socket_ = nullptr;
};

/// How to listen.
struct listen_options {
    /// Connections that may wait to be accepted; the system may allow fewer.
    int backlog = 4096;
    /// Take a port whose last connections have not timed out yet.
    bool reuse_address = true;
    /// Let several listeners, say one per worker, share the address; the system spreads connections over them.
    bool per_worker = false;
};

/// Accepts connections. Move-only; closes when destroyed, and then removes the file of a unix socket.
///
/// Thread safety: `accept`, deadlines and `close` from any fiber or thread at the same time. Several may accept; they
/// stand in line.
/// Blocks: `accept` until a connection arrives.
class tcp_listener {
public:
    /// Holds no socket.
    tcp_listener() noexcept = default;
    /// Takes the socket over; operations in progress go on.
    tcp_listener(tcp_listener&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
    /// Closes the socket held so far, and takes the other's over.
    tcp_listener& operator=(tcp_listener&& other) noexcept;
    ~tcp_listener();

    /// The next connection; it belongs to the runtime of the calling fiber. Connections that failed while they waited
    /// are skipped.
    /// Errors: `too_many_files_open` leaves the connection waiting: close something and accept again. `runtime_stopped`
    /// on a plain thread, in both forms.
    tcp_stream accept();
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    tcp_stream accept(std::error_code& ec);

    /// From `t` on `accept`, also one in progress, fails with `timed_out`, until the deadline is moved or cleared.
    void set_deadline(clock::time_point t);
    /// No deadline.
    void clear_deadline();

    /// Wakes whoever waits in `accept` with `operation_canceled`, and stops listening. Closing again does nothing.
    /// Blocks: until the operations in progress have noticed; not a point of cancellation.
    void close() noexcept;

    /// Where it listens, with the port that the system chose.
    endpoint local() const;

private:
    friend struct detail::socket_access;
    explicit tcp_listener(detail::descriptor& socket) noexcept : socket_(&socket) {}

    detail::descriptor* socket_ = nullptr;
};

/// Listens at an endpoint, or "host:port" where either may be a name: "localhost:http". Of several addresses of a host it
/// takes the first of IPv4, as in Go. With port 0 the system chooses.
/// Errors: `std::invalid_argument` for a text that is neither, or a negative backlog; `std::system_error`, also with a
/// `dns_error`; `runtime_stopped` outside a runtime.
tcp_listener listen(std::string_view address, listen_options options = {});
/// The same for an address that has been parsed.
tcp_listener listen(endpoint const& address, listen_options options = {});

/// Connects to an endpoint, or to "host:port" where either may be a name: "example.org:https". A host's addresses are tried as
/// the form with `dial_options` says. TCP connections send without delay (`TCP_NODELAY`), as in Go.
/// Blocks: until the connection stands or fails, or the current context ends.
/// Errors: `std::invalid_argument` for a text that is neither (`invalid_argument` in `ec`); `std::system_error`: of several
/// attempts that of the first that failed, or a `dns_error`; `runtime_stopped` outside a runtime. A unix socket whose backlog is full is `resource_unavailable_try_again`.
tcp_stream dial(std::string_view address);
/// The same for an address that has been parsed.
tcp_stream dial(endpoint const& address);
/// The same; after `timeout` it fails with `timed_out`.
tcp_stream dial(std::string_view address, clock::duration timeout);
/// The same; a failure is reported in `ec`.
tcp_stream dial(std::string_view address, std::error_code& ec);

}  // namespace net

/// A case of `select` that can run when reading from `s` (accepting, for a listener) would not block: there is data,
/// the stream has ended or failed, or it was closed. Nothing is read, and another reader may be faster. Deadlines do
/// not concern it.
template <class Socket, class F = detail::no_handler>
auto on_readable(Socket& s, F&& f = {}) -> detail::source_case<detail::readiness_source, F> {
    return {detail::socket_access::readiness(s, detail::direction::read), std::forward<F>(f)};
}

/// A case of `select` that can run when writing to `s` would not block: there is room, or it has failed or was closed.
template <class Socket, class F = detail::no_handler>
auto on_writable(Socket& s, F&& f = {}) -> detail::source_case<detail::readiness_source, F> {
    return {detail::socket_access::readiness(s, detail::direction::write), std::forward<F>(f)};
}

/// The characters of `s`, for writing.
inline std::span<std::byte const> as_bytes(std::string_view s) noexcept { return std::as_bytes(std::span(s)); }

}  // namespace weft
