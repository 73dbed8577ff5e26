#include <weft/net.hpp>

#include "endpoint_access.hpp"
#include "failure.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>

namespace weft::net {

namespace {

using namespace detail;

constexpr wait_reason accepting{"accept", true};

// Errors of one connection, not of the listener: Linux passes on what went wrong with it while it waited.
// Source: accept(2), "Error handling"
bool concerns_the_connection_only(int error) noexcept {
    switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH: return true;
    default: return false;
    }
}

struct accepted {
    outcome how;
    descriptor* socket = nullptr;
};

accepted accept_from(descriptor* listener) {
    poller_for_new_socket();  // refuses before a connection is taken
    if (listener == nullptr) return {{0, EBADF}};
    operation op(*listener, direction::read, accepting);
    call_result got;
    auto const accept = [](int fd) { return calls::accept(fd); };
    do got = listener->kind() == descriptor_kind::tcp_listener ? op.accept(accept) : op.attempt(accept);
    while (concerns_the_connection_only(got.error));
    if (got.error != 0) return {{0, got.error, op.was_cancelled()}};
    descriptor_kind const kind =
        listener->kind() == descriptor_kind::tcp_listener ? descriptor_kind::tcp : listener->kind();
    return {{}, &descriptor::open(static_cast<int>(got.value), poller_for_new_socket(), kind)};
}

void check(call_result const& r, std::string const& what) {
    if (r.error != 0) throw std::system_error(r.error, std::generic_category(), what);
}

void prepare(int fd, endpoint const& address, listen_options const& options, std::string const& what) {
    if (!endpoint_access::is_unix(address)) {
        if (options.reuse_address) check(calls::set_flag(fd, SOL_SOCKET, SO_REUSEADDR), what);
        if (options.per_worker) check(calls::set_flag(fd, SOL_SOCKET, SO_REUSEPORT), what);
        // Inherited by the connections it accepts, which saves each a system call.
        check(calls::set_flag(fd, IPPROTO_TCP, TCP_NODELAY), what);
    }
    check(calls::bind(fd, endpoint_access::address(address), endpoint_access::size(address)), what);
    check(calls::listen(fd, options.backlog), what);
}

// As in Go, a unix listener takes its file along.
void remove_file(descriptor& listener) noexcept {
    sockaddr_storage address{};
    call_result const got = listener.call([&](int fd) { return calls::local_address(fd, address); });
    if (got.error != 0) return;  // closed before, and removed then
    endpoint const at = endpoint_access::make(&address, got.value);
    if (char const* path = endpoint_access::unix_path(at)) ::unlink(path);
}

}  // namespace

tcp_listener& tcp_listener::operator=(tcp_listener&& other) noexcept {
    tcp_listener old;
    old.socket_ = std::exchange(socket_, std::exchange(other.socket_, nullptr));
    return *this;
}

tcp_listener::~tcp_listener() {
    if (socket_ == nullptr) return;
    remove_file(*socket_);
    socket_->release();
}

tcp_stream tcp_listener::accept() {
    accepted const a = accept_from(socket_);
    if (a.how.error != 0) throw_failure(a.how, "weft::net::tcp_listener::accept");
    return socket_access::make<tcp_stream>(*a.socket);
}

tcp_stream tcp_listener::accept(std::error_code& ec) {
    try {
        accepted const a = accept_from(socket_);
        report(a.how, ec);
        return a.socket == nullptr ? tcp_stream() : socket_access::make<tcp_stream>(*a.socket);
    } catch (std::system_error const& refused) {  // by the poller
        ec = refused.code();
        return {};
    }
}

void tcp_listener::set_deadline(clock::time_point t) {
    required(socket_, "weft::net::tcp_listener::set_deadline").set_deadline(direction::read, t);
}
void tcp_listener::clear_deadline() { set_deadline(clock::time_point::max()); }

void tcp_listener::close() noexcept {
    if (socket_ == nullptr) return;
    remove_file(*socket_);
    socket_->close();
}

endpoint tcp_listener::local() const {
    constexpr auto what = "weft::net::tcp_listener::local";
    return address_of(required(socket_, what), calls::local_address, what);
}

tcp_listener listen(std::string_view address, listen_options options) {
    return listen(endpoint::parse(address), options);
}

tcp_listener listen(endpoint const& address, listen_options options) {
    if (options.backlog < 0)
        throw std::invalid_argument("weft::net::listen: the backlog is negative: " + std::to_string(options.backlog));
    readiness_poller& watcher = poller_for_new_socket();
    std::string const what = "weft::net::listen(\"" + address.to_string() + "\")";
    call_result const made = calls::make_socket(endpoint_access::family(address));
    check(made, what);
    int const fd = static_cast<int>(made.value);
    descriptor_kind const kind =
        endpoint_access::is_unix(address) ? descriptor_kind::socket : descriptor_kind::tcp_listener;
    try {
        prepare(fd, address, options, what);
    } catch (...) {
        calls::close(fd);
        throw;
    }
    return socket_access::make<tcp_listener>(descriptor::open(fd, watcher, kind));
}

}  // namespace weft::net
