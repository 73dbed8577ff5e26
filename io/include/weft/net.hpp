#pragma once
#include <weft/clock.hpp>
#include <weft/detail/readiness_source.hpp>
#include <weft/detail/typed_case.hpp>
#include <weft/listening_socket.hpp>
#include <weft/stream_socket.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
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

/// When a connection that is silent is taken for dead.
struct keep_alive {
    /// How long nothing must have arrived before the peer is probed.
    std::chrono::seconds idle{15};
    /// The time between two probes.
    std::chrono::seconds interval{15};
    /// Probes without an answer until the connection fails with `timed_out`.
    int count = 9;
};

/// A connection: TCP, or a unix stream socket. Move-only; closes when destroyed.
///
/// Thread safety: reading, writing, deadlines, `shutdown_*` and `close` from any fiber or thread at the same time.
/// Reads stand in line for each other, and so do writes; a read does not wait for a write. To move, assign or destroy
/// the object is for one alone.
/// Blocks: `read_*` until there is data, `write_*` until there is room.
class tcp_stream : public stream_socket {
public:
    /// Holds no socket.
    tcp_stream() noexcept = default;
    /// Takes the socket over; operations in progress go on.
    tcp_stream(tcp_stream&&) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    tcp_stream& operator=(tcp_stream&&) noexcept = default;
    ~tcp_stream() = default;

    /// Whether small writes go at once, as they do from the start, or wait a moment for more.
    /// Errors: `operation_not_supported` on a unix socket.
    void set_no_delay(bool on);
    /// Whether they do.
    bool no_delay() const;

    /// Probes a silent peer; `nullopt`, as it is from the start, never does.
    /// Errors: `invalid_argument` for times or counts that the system refuses.
    void set_keep_alive(std::optional<keep_alive> when);

private:
    friend struct detail::socket_access;
    explicit tcp_stream(detail::descriptor& socket) noexcept : stream_socket(socket) {}
};

/// Accepts connections. Move-only; closes when destroyed, and then removes the file of a unix socket.
///
/// Thread safety: `accept`, deadlines and `close` from any fiber or thread at the same time. Several may accept; they
/// stand in line.
/// Blocks: `accept` until a connection arrives.
class tcp_listener : public listening_socket {
public:
    /// Holds no socket.
    tcp_listener() noexcept = default;
    /// Takes the socket over; operations in progress go on.
    tcp_listener(tcp_listener&&) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    tcp_listener& operator=(tcp_listener&&) noexcept = default;
    ~tcp_listener() = default;

    /// The next connection; it belongs to the runtime of the calling fiber. Connections that failed while they waited
    /// are skipped.
    /// Errors: `too_many_files_open` (and its like for memory) leaves the connection waiting: close something and
    /// accept again, or listen with `shed_when_full`. It comes after a pause of 20 ms and a second attempt, so that
    /// accepting in a loop burns no processor. `runtime_stopped` on a plain thread, in both forms.
    tcp_stream accept();
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    tcp_stream accept(std::error_code& ec);

private:
    friend struct detail::socket_access;
    explicit tcp_listener(detail::descriptor& socket) noexcept : listening_socket(socket) {}
};

/// Listens at an endpoint, or "host:port" where either may be a name: "localhost:http". Of several addresses of a host it
/// takes the first of IPv4, as in Go; no host, as in ":http", is every interface, by IPv6 and IPv4 where the system has both.
/// With port 0 the system chooses.
/// Errors: `std::invalid_argument` for a text that is neither, or a negative backlog; `std::system_error`, also with a
/// `dns_error`; `runtime_stopped` outside a runtime.
tcp_listener listen(std::string_view address, listen_options options = {});
/// The same for an address that has been parsed.
tcp_listener listen(endpoint const& address, listen_options options = {});

/// Connects to an endpoint, or to "host:port" where either may be a name: "example.org:https". A host's addresses are tried as
/// the form with `dial_options` says. TCP connections send without delay (`TCP_NODELAY`), as in Go.
/// Blocks: until the connection stands or fails, or the current context ends.
/// Errors: `std::invalid_argument` for a text that is neither (`invalid_argument` in `ec`); `std::system_error`: of several
/// attempts that of the first that failed, or a `dns_error`; `runtime_stopped` outside a runtime. A unix socket whose
/// backlog is full is `resource_unavailable_try_again`.
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
