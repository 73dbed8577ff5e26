#include <weft/unix.hpp>

#include "listen.hpp"
#include "message.hpp"
#include "socket_options.hpp"
#include "unix_file.hpp"

#include <stdexcept>
#include <string>

namespace weft::net {

namespace {

using namespace detail;

void check(call_result const& r, std::string const& what) {
    if (r.error != 0) throw std::system_error(r.error, std::generic_category(), what);
}

endpoint parse(std::string_view text) {
    return endpoint::parse(text.starts_with("unix:") ? std::string(text) : "unix:" + std::string(text));
}

struct received {
    outcome how;
    passed_descriptors what;
};

received receive_with(descriptor* socket, std::span<std::byte> buffer) {
    received r;
    incoming_message const got = receive_message(socket, buffer, &r.what.descriptors);
    r.how = got.how;
    r.what.bytes = got.how.bytes;
    r.what.lost = got.descriptors_lost;
    r.what.truncated = got.sent > got.how.bytes;
    return r;
}

passed_descriptors checked(received&& r, char const* what) {
    detail::checked(r.how, what);
    return std::move(r.what);
}
passed_descriptors report(received&& r, std::error_code& ec) {
    detail::report(r.how, ec);
    return std::move(r.what);
}

template <class Socket>
std::pair<Socket, Socket> make_pair(int type, char const* what) {
    readiness_poller& watcher = poller_for_new_socket();
    int ends[2];
    check(calls::result(os().socketpair(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends)), what);
    unique_fd first(ends[0]), second(ends[1]);
    Socket one = socket_access::make<Socket>(descriptor::open(first.release(), watcher, descriptor_kind::socket));
    return {std::move(one),
            socket_access::make<Socket>(descriptor::open(second.release(), watcher, descriptor_kind::socket))};
}

}  // namespace

std::size_t unix_stream::send_descriptors(std::span<std::byte const> data, std::span<int const> descriptors) {
    return detail::checked(send_stream_with(socket_, data, descriptors), "weft::net::unix_stream::send_descriptors");
}
std::size_t unix_stream::send_descriptors(std::span<std::byte const> data, std::span<int const> descriptors,
                                          std::error_code& ec) {
    return detail::report(send_stream_with(socket_, data, descriptors), ec);
}
passed_descriptors unix_stream::recv_descriptors(std::span<std::byte> buffer) {
    return checked(receive_with(socket_, buffer), "weft::net::unix_stream::recv_descriptors");
}
passed_descriptors unix_stream::recv_descriptors(std::span<std::byte> buffer, std::error_code& ec) {
    return report(receive_with(socket_, buffer), ec);
}

credentials unix_stream::peer() const {
    ucred who{};
    ask_socket(socket_, "weft::net::unix_stream::peer", [&](int fd) {
        socklen_t size = sizeof who;
        return calls::result(os().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size));
    });
    return {who.pid, who.uid, who.gid};
}

unix_stream unix_listener::accept() { return socket_access::make<unix_stream>(accept_next()); }

unix_stream unix_listener::accept(std::error_code& ec) {
    descriptor* const socket = accept_next(ec);
    return socket == nullptr ? unix_stream() : socket_access::make<unix_stream>(*socket);
}

unix_datagram& unix_datagram::operator=(unix_datagram&& other) noexcept {
    unix_datagram const old(std::move(*this));
    socket_ = std::exchange(other.socket_, nullptr);
    return *this;
}

unix_datagram::~unix_datagram() {
    if (socket_ != nullptr) remove_unix_file(*socket_);
}

void unix_datagram::close() noexcept {
    if (socket_ == nullptr) return;
    remove_unix_file(*socket_);
    socket_->close();
}

std::size_t unix_datagram::send_descriptors(std::span<std::byte const> data, std::span<int const> descriptors) {
    return detail::checked(send_message(socket_, {data, nullptr, descriptors}),
                           "weft::net::unix_datagram::send_descriptors");
}
std::size_t unix_datagram::send_descriptors(std::span<std::byte const> data, std::span<int const> descriptors,
                                            std::error_code& ec) {
    return detail::report(send_message(socket_, {data, nullptr, descriptors}), ec);
}
passed_descriptors unix_datagram::recv_descriptors(std::span<std::byte> buffer) {
    return checked(receive_with(socket_, buffer), "weft::net::unix_datagram::recv_descriptors");
}
passed_descriptors unix_datagram::recv_descriptors(std::span<std::byte> buffer, std::error_code& ec) {
    return report(receive_with(socket_, buffer), ec);
}

unix_listener listen_unix(std::string_view address, listen_options options) {
    return socket_access::listener<unix_listener>(listen_at(parse(address), options));
}

unix_stream dial_unix(std::string_view address) { return socket_access::convert<unix_stream>(dial(parse(address))); }

unix_datagram bind_unix_datagram(std::string_view address) {
    std::string const what = "weft::net::bind_unix_datagram(\"" + std::string(address) + "\")";
    endpoint const at = address.empty() ? endpoint() : parse(address);
    readiness_poller& watcher = poller_for_new_socket();
    call_result const made = calls::make_socket(AF_UNIX, SOCK_DGRAM);
    check(made, what);
    unique_fd number(static_cast<int>(made.value));
    bound_file file;
    if (!address.empty()) {
        check(calls::bind(number.get(), endpoint_access::address(at), endpoint_access::size(at)), what);
        file.made(at);
    }
    auto bound =
        socket_access::make<unix_datagram>(descriptor::open(number.release(), watcher, descriptor_kind::socket));
    file.keep();
    return bound;
}

std::pair<unix_stream, unix_stream> stream_pair() {
    return make_pair<unix_stream>(SOCK_STREAM, "weft::net::stream_pair");
}

std::pair<unix_datagram, unix_datagram> datagram_pair() {
    return make_pair<unix_datagram>(SOCK_DGRAM, "weft::net::datagram_pair");
}

}  // namespace weft::net
