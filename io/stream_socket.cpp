#include <weft/stream_socket.hpp>

#include "socket_options.hpp"
#include "transfer.hpp"

#include <string>

namespace weft::net {

namespace {

using namespace detail;

std::size_t checked_write(outcome const& o, std::size_t wanted, char const* what) {
    if (o.error != 0)
        throw_failure(o, std::string(what) + std::to_string(o.bytes) + " of " + std::to_string(wanted) + " bytes sent");
    return o.bytes;
}

void shut(descriptor* socket, int how, char const* what) {
    ask_socket(socket, what, [how](int fd) { return calls::shutdown(fd, how); });
}

}  // namespace

std::size_t stream_socket::read_some(std::span<std::byte> buffer) {
    return checked(read_stream(socket_, buffer, false), "weft::net: read_some");
}
std::size_t stream_socket::read_some(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read_stream(socket_, buffer, false), ec);
}

std::size_t stream_socket::read_exact(std::span<std::byte> buffer) {
    return checked(read_stream(socket_, buffer, true), "weft::net: read_exact");
}
std::size_t stream_socket::read_exact(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read_stream(socket_, buffer, true), ec);
}

std::size_t stream_socket::read_vectored(std::span<std::span<std::byte> const> buffers) {
    return checked(read_stream_parts(socket_, buffers), "weft::net: read_vectored");
}
std::size_t stream_socket::read_vectored(std::span<std::span<std::byte> const> buffers, std::error_code& ec) {
    return report(read_stream_parts(socket_, buffers), ec);
}

std::size_t stream_socket::write_some(std::span<std::byte const> buffer) {
    return checked(write_stream(socket_, buffer, false), "weft::net: write_some");
}
std::size_t stream_socket::write_some(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write_stream(socket_, buffer, false), ec);
}

std::size_t stream_socket::write_all(std::span<std::byte const> buffer) {
    return checked_write(write_stream(socket_, buffer, true), buffer.size(), "weft::net: write_all: ");
}
std::size_t stream_socket::write_all(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write_stream(socket_, buffer, true), ec);
}

std::size_t stream_socket::write_vectored(std::span<std::span<std::byte const> const> buffers) {
    std::size_t wanted = 0;
    for (auto const part : buffers) wanted += part.size();
    return checked_write(write_stream_parts(socket_, buffers), wanted, "weft::net: write_vectored: ");
}
std::size_t stream_socket::write_vectored(std::span<std::span<std::byte const> const> buffers, std::error_code& ec) {
    return report(write_stream_parts(socket_, buffers), ec);
}

void stream_socket::shutdown_write() { shut(socket_, SHUT_WR, "weft::net: shutdown_write"); }
void stream_socket::shutdown_read() { shut(socket_, SHUT_RD, "weft::net: shutdown_read"); }

endpoint stream_socket::remote() const {
    constexpr auto what = "weft::net: remote";
    return address_of(required(socket_, what), calls::remote_address, what);
}

void stream_socket::set_linger(std::optional<std::chrono::seconds> time) {
    constexpr auto what = "weft::net: set_linger";
    if (time && time->count() < 0) throw std::system_error(EINVAL, std::generic_category(), what);
    // To linger for longer Linux has `close` wait, and block the thread, also if the socket does not block. It goes on sending
    // afterwards, as it does without.
    linger const wanted{time && time->count() == 0, 0};
    ask_socket(socket_, what, [&](int fd) {
        return calls::result(os().setsockopt(fd, SOL_SOCKET, SO_LINGER, &wanted, sizeof wanted));
    });
}

}  // namespace weft::net
