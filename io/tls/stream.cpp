#include <weft/tls_stream.hpp>

#include "connection.hpp"

#include <weft/this_fiber.hpp>

#include <cerrno>

namespace weft::tls {

namespace {

using detail::tls_connection;
using detail::tls_outcome;

// On an object that holds no connection every call fails with EBADF, as on one that holds no socket.
template <class Call>
tls_outcome call(tls_connection* connection, Call const& make) {
    if (connection == nullptr) return {0, std::make_error_code(std::errc::bad_file_descriptor)};
    return make(*connection);
}

[[noreturn]] void throw_failure(tls_connection* connection, std::error_code const& code, std::string what) {
    // A wait that a cancellation has ended says so by its code.
    if (code == std::errc::operation_canceled || code == std::errc::timed_out) this_fiber::check_cancelled();
    if (connection != nullptr) {
        std::string const detail = connection->engine().failure().detail;
        if (!detail.empty()) what += ": " + detail;
    }
    throw std::system_error(code, what);
}

std::size_t checked(tls_connection* connection, tls_outcome const& o, char const* what) {
    if (o.code) throw_failure(connection, o.code, what);
    return o.bytes;
}

std::size_t report(tls_outcome const& o, std::error_code& ec) noexcept {
    ec = o.code;
    return o.bytes;
}

tls_outcome read(tls_connection* connection, std::span<std::byte> buffer, bool fill) {
    return call(connection, [&](tls_connection& c) { return c.read(buffer, fill); });
}
tls_outcome write(tls_connection* connection, std::span<std::byte const> buffer, bool everything) {
    return call(connection, [&](tls_connection& c) { return c.write(buffer, everything); });
}
tls_outcome shake(tls_connection* connection) {
    return call(connection, [](tls_connection& c) { return c.handshake(); });
}

}  // namespace

stream::stream() noexcept = default;
stream::stream(std::unique_ptr<tls_connection> connection) noexcept : connection_(std::move(connection)) {}
stream::stream(stream&& other) noexcept = default;
stream& stream::operator=(stream&& other) noexcept = default;
stream::~stream() = default;

void stream::handshake() { checked(connection_.get(), shake(connection_.get()), "weft::tls::stream::handshake"); }
void stream::handshake(std::error_code& ec) { report(shake(connection_.get()), ec); }

std::size_t stream::read_some(std::span<std::byte> buffer) {
    return checked(connection_.get(), read(connection_.get(), buffer, false), "weft::tls::stream::read_some");
}
std::size_t stream::read_some(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read(connection_.get(), buffer, false), ec);
}

std::size_t stream::read_exact(std::span<std::byte> buffer) {
    return checked(connection_.get(), read(connection_.get(), buffer, true), "weft::tls::stream::read_exact");
}
std::size_t stream::read_exact(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read(connection_.get(), buffer, true), ec);
}

std::size_t stream::write_some(std::span<std::byte const> buffer) {
    return checked(connection_.get(), write(connection_.get(), buffer, false), "weft::tls::stream::write_some");
}
std::size_t stream::write_some(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write(connection_.get(), buffer, false), ec);
}

std::size_t stream::write_all(std::span<std::byte const> buffer) {
    tls_outcome const o = write(connection_.get(), buffer, true);
    if (o.code)
        throw_failure(connection_.get(), o.code,
                      "weft::tls::stream::write_all: " + std::to_string(o.bytes) + " of " +
                          std::to_string(buffer.size()) + " bytes taken");
    return o.bytes;
}
std::size_t stream::write_all(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write(connection_.get(), buffer, true), ec);
}

void stream::set_deadline(clock::time_point t) {
    set_read_deadline(t);
    set_write_deadline(t);
}
void stream::set_read_deadline(clock::time_point t) {
    tls_outcome const o = call(connection_.get(), [t](tls_connection& c) -> tls_outcome {
        if (c.set_read_deadline(t)) return {};
        return {0, std::make_error_code(std::errc::operation_not_supported)};
    });
    if (o.code) throw std::system_error(o.code, "weft::tls::stream::set_read_deadline");
}
void stream::set_write_deadline(clock::time_point t) {
    tls_outcome const o = call(connection_.get(), [t](tls_connection& c) -> tls_outcome {
        if (c.set_write_deadline(t)) return {};
        return {0, std::make_error_code(std::errc::operation_not_supported)};
    });
    if (o.code) throw std::system_error(o.code, "weft::tls::stream::set_write_deadline");
}
void stream::clear_deadline() { set_deadline(clock::time_point::max()); }

void stream::shutdown_write() {
    auto const shut = [](tls_connection& c) { return c.shutdown_write(); };
    checked(connection_.get(), call(connection_.get(), shut), "weft::tls::stream::shutdown_write");
}
void stream::close() noexcept {
    if (connection_ != nullptr) connection_->close();
}
bool stream::is_open() const noexcept { return connection_ != nullptr && connection_->is_open(); }

std::string stream::alpn() const { return connection_ != nullptr ? connection_->engine().alpn() : ""; }
tls::version stream::version() const {
    return connection_ != nullptr ? connection_->engine().version() : tls::version::tls13;
}
std::string stream::cipher() const { return connection_ != nullptr ? connection_->engine().cipher() : ""; }
bool stream::resumed() const { return connection_ != nullptr && connection_->engine().resumed(); }
std::string stream::server_name() const { return connection_ != nullptr ? connection_->engine().server_name() : ""; }
std::optional<certificate_info> stream::peer() const {
    // Before it is complete nothing is proved.
    if (connection_ == nullptr || !connection_->is_ready()) return std::nullopt;
    return connection_->engine().peer();
}
std::string stream::error_detail() const {
    if (connection_ == nullptr) return {};
    detail::tls_failure const failure = connection_->engine().failure();
    if (!failure.code) return {};
    return failure.detail.empty() ? failure.code.message() : failure.code.message() + ": " + failure.detail;
}

void* stream::find_transport(void const* key) noexcept {
    return connection_ != nullptr ? connection_->transport().get(key) : nullptr;
}

}  // namespace weft::tls

namespace weft::detail {

tls::stream make_tls_client(std::unique_ptr<tls_transport> transport, std::string_view host,
                            tls::client_config const& config) {
    return tls_access::make(std::make_unique<tls_connection>(std::move(transport), tls_access::held(config), host));
}

tls::stream make_tls_server(std::unique_ptr<tls_transport> transport, tls::server_config const& config) {
    return tls_access::make(std::make_unique<tls_connection>(std::move(transport), tls_access::held(config), ""));
}

}  // namespace weft::detail
