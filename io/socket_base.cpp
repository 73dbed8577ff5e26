#include <weft/socket_base.hpp>

#include "socket_options.hpp"

namespace weft::net {

using namespace detail;

socket_base& socket_base::operator=(socket_base&& other) noexcept {
    descriptor* const old = std::exchange(socket_, std::exchange(other.socket_, nullptr));
    if (old != nullptr) old->release();
    return *this;
}

socket_base::~socket_base() {
    if (socket_ != nullptr) socket_->release();
}

void socket_base::set_deadline(clock::time_point t) { required(socket_, "weft::net: set_deadline").set_deadlines(t); }
void socket_base::set_read_deadline(clock::time_point t) {
    required(socket_, "weft::net: set_read_deadline").set_deadline(direction::read, t);
}
void socket_base::set_write_deadline(clock::time_point t) {
    required(socket_, "weft::net: set_write_deadline").set_deadline(direction::write, t);
}
void socket_base::clear_deadline() { set_deadline(clock::time_point::max()); }

void socket_base::close() noexcept {
    if (socket_ != nullptr) socket_->close();
}
bool socket_base::is_open() const noexcept { return socket_ != nullptr && socket_->is_open(); }
int socket_base::native_handle() const noexcept { return socket_ == nullptr ? -1 : socket_->number(); }

endpoint socket_base::local() const {
    constexpr auto what = "weft::net: local";
    return address_of(required(socket_, what), calls::local_address, what);
}

void socket_base::set_receive_buffer(std::size_t bytes) {
    set_option(socket_, SOL_SOCKET, SO_RCVBUF, as_option(bytes), "weft::net: set_receive_buffer");
}
void socket_base::set_send_buffer(std::size_t bytes) {
    set_option(socket_, SOL_SOCKET, SO_SNDBUF, as_option(bytes), "weft::net: set_send_buffer");
}
std::size_t socket_base::receive_buffer() const {
    return get_option(socket_, SOL_SOCKET, SO_RCVBUF, "weft::net: receive_buffer");
}
std::size_t socket_base::send_buffer() const {
    return get_option(socket_, SOL_SOCKET, SO_SNDBUF, "weft::net: send_buffer");
}

}  // namespace weft::net
