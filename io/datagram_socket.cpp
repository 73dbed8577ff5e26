#include <weft/datagram_socket.hpp>

#include "endpoint_access.hpp"
#include "message.hpp"
#include "socket_options.hpp"

namespace weft::net {

namespace {

using namespace detail;

datagram described(incoming_message const& got) noexcept { return {got.how.bytes, got.sent, got.from}; }

// For the forms that have no other way to say that the rest is lost.
outcome whole(incoming_message const& got) noexcept {
    outcome how = got.how;
    if (how.error == 0 && got.sent > how.bytes) how.error = EMSGSIZE;
    return how;
}

}  // namespace

std::size_t datagram_socket::send_to(std::span<std::byte const> data, endpoint const& to) {
    return checked(send_message(socket_, {data, &to}), "weft::net: send_to");
}
std::size_t datagram_socket::send_to(std::span<std::byte const> data, endpoint const& to, std::error_code& ec) {
    return report(send_message(socket_, {data, &to}), ec);
}

datagram datagram_socket::recv_from(std::span<std::byte> buffer) {
    incoming_message const got = receive_message(socket_, buffer);
    checked(got.how, "weft::net: recv_from");
    return described(got);
}
datagram datagram_socket::recv_from(std::span<std::byte> buffer, std::error_code& ec) {
    incoming_message const got = receive_message(socket_, buffer);
    report(got.how, ec);
    return described(got);
}

void datagram_socket::connect(endpoint const& to) {
    constexpr auto what = "weft::net: connect";
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    bool const is_none = endpoint_access::size(to) == 0;
    ask_socket(socket_, what, [&](int fd) {
        return is_none ? calls::connect(fd, &none, sizeof none)
                       : calls::connect(fd, endpoint_access::address(to), endpoint_access::size(to));
    });
}

std::size_t datagram_socket::send(std::span<std::byte const> data) {
    return checked(send_message(socket_, {data}), "weft::net: send");
}
std::size_t datagram_socket::send(std::span<std::byte const> data, std::error_code& ec) {
    return report(send_message(socket_, {data}), ec);
}

std::size_t datagram_socket::recv(std::span<std::byte> buffer) {
    return checked(whole(receive_message(socket_, buffer)), "weft::net: recv");
}
std::size_t datagram_socket::recv(std::span<std::byte> buffer, std::error_code& ec) {
    return report(whole(receive_message(socket_, buffer)), ec);
}

endpoint datagram_socket::remote() const {
    constexpr auto what = "weft::net: remote";
    return address_of(required(socket_, what), calls::remote_address, what);
}

}  // namespace weft::net
