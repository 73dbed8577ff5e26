#include "connect.hpp"

#include "endpoint_access.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace weft::detail {

namespace {

using net::endpoint;
using net::tcp_stream;

constexpr wait_reason connecting{"connect", true};

// Whether the attempt has come to its end, and how; EAGAIN while it has not.
call_result check_connected(int fd) noexcept {
    call_result const left = calls::pending_error(fd);
    if (left.error != 0) return left;
    sockaddr_storage address{};
    call_result const peer = calls::remote_address(fd, address);
    return peer.error == ENOTCONN ? call_result{0, EAGAIN} : peer;
}

dialled connect(endpoint const& to, clock::time_point deadline) {
    readiness_poller& watcher = poller_for_new_socket();
    if (deadline != clock::time_point::max() && clock::now() >= deadline) return {{0, ETIMEDOUT}, {}};
    call_result const made = calls::make_socket(endpoint_access::family(to));
    if (made.error != 0) return {{0, made.error}, {}};
    int const fd = static_cast<int>(made.value);

    if (!endpoint_access::is_unix(to))
        calls::set_flag(fd, IPPROTO_TCP, TCP_NODELAY);  // small writes go at once, as in Go
    call_result const started = calls::connect(fd, endpoint_access::address(to), endpoint_access::size(to));
    // An interrupted attempt goes on in the background, as one in progress does.
    bool const in_progress = started.error == EINPROGRESS || started.error == EINTR;
    if (started.error != 0 && !in_progress) {
        calls::close(fd);
        return {{0, started.error}, {}};
    }

    // Registered only now: a socket that is not connecting yet counts as hung up.
    descriptor& socket = descriptor::open(fd, watcher, endpoint_access::kind(to));
    tcp_stream stream = socket_access::make<tcp_stream>(socket);
    if (!in_progress) return {{}, std::move(stream)};

    socket.set_deadline(direction::write, deadline);
    {
        operation op(socket, direction::write, connecting);
        call_result const ended = op.attempt(check_connected);
        if (ended.error != 0) return {{0, ended.error, op.was_cancelled()}, {}};
    }
    socket.set_deadline(direction::write, clock::time_point::max());
    return {{}, std::move(stream)};
}

// The system may choose the very port that is dialled, and then connects the socket to itself: nobody listens there.
bool is_connected_to_itself(endpoint const& to, tcp_stream const& stream) {
    if (endpoint_access::is_unix(to)) return false;
    try {
        return stream.local() == stream.remote();
    } catch (std::system_error const&) {
        return false;  // the peer is gone again already, which the first read or write will say
    }
}

}  // namespace

dialled connect_to(endpoint const& to, clock::time_point deadline) {
    dialled d = connect(to, deadline);
    if (d.how.error == 0 && is_connected_to_itself(to, d.stream)) return {{0, ECONNREFUSED}, {}};
    return d;
}

}  // namespace weft::detail
