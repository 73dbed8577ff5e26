#include <weft/net.hpp>

#include "failure.hpp"
#include "transfer.hpp"

#include <string>

namespace weft::net {

namespace {

using namespace detail;

void shut(descriptor* socket, int how, char const* what) {
    call_result const done = required(socket, what).call([how](int fd) { return calls::shutdown(fd, how); });
    if (done.error != 0) throw std::system_error(done.error, std::generic_category(), what);
}

}  // namespace

tcp_stream& tcp_stream::operator=(tcp_stream&& other) noexcept {
    tcp_stream old;
    old.socket_ = std::exchange(socket_, std::exchange(other.socket_, nullptr));
    return *this;
}

tcp_stream::~tcp_stream() {
    if (socket_ != nullptr) socket_->release();
}

std::size_t tcp_stream::read_some(std::span<std::byte> buffer) {
    return checked(read_stream(socket_, buffer, false), "weft::net::tcp_stream::read_some");
}
std::size_t tcp_stream::read_some(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read_stream(socket_, buffer, false), ec);
}

std::size_t tcp_stream::read_exact(std::span<std::byte> buffer) {
    return checked(read_stream(socket_, buffer, true), "weft::net::tcp_stream::read_exact");
}
std::size_t tcp_stream::read_exact(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read_stream(socket_, buffer, true), ec);
}

std::size_t tcp_stream::write_some(std::span<std::byte const> buffer) {
    return checked(write_stream(socket_, buffer, false), "weft::net::tcp_stream::write_some");
}
std::size_t tcp_stream::write_some(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write_stream(socket_, buffer, false), ec);
}

std::size_t tcp_stream::write_all(std::span<std::byte const> buffer) {
    outcome const o = write_stream(socket_, buffer, true);
    if (o.error != 0)
        throw_failure(o, "weft::net::tcp_stream::write_all: " + std::to_string(o.bytes) + " of " +
                             std::to_string(buffer.size()) + " bytes sent");
    return o.bytes;
}
std::size_t tcp_stream::write_all(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write_stream(socket_, buffer, true), ec);
}

void tcp_stream::set_deadline(clock::time_point t) {
    set_read_deadline(t);
    set_write_deadline(t);
}
void tcp_stream::set_read_deadline(clock::time_point t) {
    required(socket_, "weft::net::tcp_stream::set_read_deadline").set_deadline(direction::read, t);
}
void tcp_stream::set_write_deadline(clock::time_point t) {
    required(socket_, "weft::net::tcp_stream::set_write_deadline").set_deadline(direction::write, t);
}
void tcp_stream::clear_deadline() { set_deadline(clock::time_point::max()); }

void tcp_stream::shutdown_write() { shut(socket_, SHUT_WR, "weft::net::tcp_stream::shutdown_write"); }
void tcp_stream::shutdown_read() { shut(socket_, SHUT_RD, "weft::net::tcp_stream::shutdown_read"); }

void tcp_stream::close() noexcept {
    if (socket_ != nullptr) socket_->close();
}
bool tcp_stream::is_open() const noexcept { return socket_ != nullptr && socket_->is_open(); }

endpoint tcp_stream::local() const {
    constexpr auto what = "weft::net::tcp_stream::local";
    return address_of(required(socket_, what), calls::local_address, what);
}
endpoint tcp_stream::remote() const {
    constexpr auto what = "weft::net::tcp_stream::remote";
    return address_of(required(socket_, what), calls::remote_address, what);
}
int tcp_stream::native_handle() const noexcept { return socket_ == nullptr ? -1 : socket_->number(); }

}  // namespace weft::net
