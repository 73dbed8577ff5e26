#pragma once
#include <weft/clock.hpp>
#include <weft/detail/tls_transport.hpp>
#include <weft/tls_config.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace weft {

namespace detail {
class tls_connection;
}  // namespace detail

namespace tls {

/// Whom a certificate is for.
struct certificate_info {
    std::string subject;                 ///< as RFC 2253 writes it: "CN=weft,O=loom"
    std::string issuer;                  ///< who signed it
    std::vector<std::string> dns_names;  ///< the host names it is valid for, as "*.example.org"
    std::vector<std::string> addresses;  ///< the numeric addresses it is valid for
    std::string sha256;                  ///< its fingerprint, 64 hexadecimal digits
};

/// A connection with TLS over another stream. Move-only; closes when destroyed.
///
/// Each call comes in two forms, as in `weft::net`: one throws, the other reports through its `std::error_code&`. Besides the
/// transport's errors there are those of `tls::errc`; the text of the exception says more than the code, and so does
/// `error_detail`. After an error of TLS itself the stream is broken and every call gives that error again. After a deadline
/// or a cancellation it is not: a call can be repeated and goes on where the last one was, also a handshake.
///
/// The handshake is done by the first call that needs it, or by `handshake`.
///
/// Thread safety: all calls from any fiber or thread at the same time. Reads stand in line for each other, and so do
/// writes; a read does not wait for a write. To move, assign or destroy the object is for one alone.
/// Blocks: as the transport does. No fiber waits inside OpenSSL, and none with a lock held.
class stream {
public:
    /// Holds no connection.
    stream() noexcept;
    /// Takes the connection over; operations in progress go on.
    stream(stream&& other) noexcept;
    /// Closes the connection held so far, and takes the other's over.
    stream& operator=(stream&& other) noexcept;
    ~stream();

    /// Agrees with the peer on keys, and checks its certificate; does nothing if that is done. At most for the
    /// configuration's `handshake_timeout`.
    /// Errors: `tls::errc`, `timed_out`, those of the transport.
    void handshake();
    /// The same; a failure is reported in `ec`.
    void handshake(std::error_code& ec);

    /// Reads at least one byte, as many as are there; 0 once the peer has said that nothing follows.
    /// Errors: `errc::unexpected_eof` if the transport ends without that. A read that fails has taken no byte.
    std::size_t read_some(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec);

    /// Fills the buffer; less only at the end of the stream. As a unit: no other read comes between.
    /// Errors: what was read before a failure is in the buffer; the `error_code&` form returns how much.
    std::size_t read_exact(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t read_exact(std::span<std::byte> buffer, std::error_code& ec);

    /// Writes at least one byte, at most some records, and returns how many.
    /// Errors: as `write_all`.
    std::size_t write_some(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`, and how many bytes were taken is returned all the same.
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec);

    /// Writes all bytes, as a unit. Returns how many were taken.
    ///
    /// What was taken is encrypted and never taken back: if a deadline or a cancellation comes between, the rest of the last
    /// records stays queued and goes out first when anything is written, also nothing (an empty buffer), or at
    /// `shutdown_write` or `close`. So go on behind the bytes that were taken, and none is lost or doubled.
    /// Errors: the message of the exception says how many were taken; the `error_code&` form returns it. `broken_pipe` after
    /// `shutdown_write`.
    std::size_t write_all(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t write_all(std::span<std::byte const> buffer, std::error_code& ec);

    /// From `t` on every operation, also one in progress, fails with `timed_out`, until the deadline is moved or
    /// cleared. `time_point::max()` is none. A handshake obeys both deadlines.
    /// Errors: `operation_not_supported` if the transport has no deadlines.
    void set_deadline(clock::time_point t);
    /// The same for reading only.
    void set_read_deadline(clock::time_point t);
    /// The same for writing only.
    void set_write_deadline(clock::time_point t);
    /// No deadline, in either direction.
    void clear_deadline();

    /// Tells the peer that nothing more will be written (an alert `close_notify`): it reads the end of the stream. Reading
    /// goes on; the transport stays as it is. A peer that speaks TLS 1.2 may stop writing, too.
    /// Errors: those of writing.
    void shutdown_write();

    /// Says goodbye, unless a write is in progress, wakes whoever waits on this stream with `operation_canceled`, and closes
    /// the transport. Closing again does nothing.
    /// Blocks: for the goodbye if the transport has no room for it, at most for five seconds where it has deadlines; until
    /// the operations in progress have noticed. Not a point of cancellation.
    void close() noexcept;
    /// Holds a connection that has not been closed by this side.
    bool is_open() const noexcept;

    /// The protocol that both sides agreed on; empty if none, or before the handshake.
    std::string alpn() const;
    /// The version that is spoken; before the handshake, the newest there may be.
    tls::version version() const;
    /// The name of the cipher suite; empty before the handshake.
    std::string cipher() const;
    /// Whether the handshake continued an earlier session.
    bool resumed() const;
    /// The name that the client asked for (SNI), in lower case; empty if it asked for none.
    std::string server_name() const;
    /// The peer's certificate; none if it sent none, or before the handshake. It was checked, unless the configuration says
    /// not to.
    std::optional<certificate_info> peer() const;
    /// What broke the stream, in words; empty if nothing did.
    std::string error_detail() const;

    /// The stream beneath, which stays this object's, if its type is `Transport`, else null. To ask it for addresses and
    /// options; whoever reads or writes there breaks the connection.
    template <class Transport>
    Transport* transport() noexcept {
        return static_cast<Transport*>(find_transport(&weft::detail::tls_transport_key<Transport>));
    }

private:
    friend struct weft::detail::tls_access;
    explicit stream(std::unique_ptr<weft::detail::tls_connection> connection) noexcept;
    void* find_transport(void const* key) noexcept;

    std::unique_ptr<weft::detail::tls_connection> connection_;
};

}  // namespace tls

namespace detail {
tls::stream make_tls_client(std::unique_ptr<tls_transport> transport, std::string_view host,
                            tls::client_config const& config);
tls::stream make_tls_server(std::unique_ptr<tls_transport> transport, tls::server_config const& config);
}  // namespace detail

namespace tls {

/// The client's side of a connection over `transport`, to be moved in. `host` is the name or the numeric address that the
/// server's certificate must be valid for; a name is also told to the server (SNI).
/// Errors: `std::invalid_argument` for an empty host, unless any certificate is accepted, or one that is no name.
template <weft::detail::carries_tls Transport>
stream client(Transport transport, std::string_view host, client_config const& config) {
    return weft::detail::make_tls_client(
        std::make_unique<weft::detail::tls_transport_of<Transport>>(std::move(transport)), host, config);
}

/// The server's side of a connection over `transport`, to be moved in.
template <weft::detail::carries_tls Transport>
stream server(Transport transport, server_config const& config) {
    return weft::detail::make_tls_server(
        std::make_unique<weft::detail::tls_transport_of<Transport>>(std::move(transport)), config);
}

/// Connects to "host:port" over TCP as `net::dial` does, and completes the handshake. The certificate must be valid for that
/// host; to check for another name, give a `net::dial`ed stream to `client`.
/// Blocks: until the connection stands or fails, or the current context ends.
/// Errors: as `net::dial`, and `tls::errc`.
stream dial(std::string_view address, client_config const& config);
/// The same; after `timeout` it fails with `timed_out`.
stream dial(std::string_view address, client_config const& config, clock::duration timeout);
/// The same; a failure is reported in `ec`.
stream dial(std::string_view address, client_config const& config, std::error_code& ec);

}  // namespace tls
}  // namespace weft
