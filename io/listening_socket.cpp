// Accepting, also when there are no descriptors left.
//
// Linux looks for a free number before it looks for a connection: out of numbers, accept fails at once even if nobody has
// called. So a shortage counts only when a connection waits. Then a listener with a reserve sheds the connection. One
// without pauses, tries again, and reports: whoever accepts in a loop turns 50 times a second.
#include <weft/listening_socket.hpp>

#include "descriptor_reserve.hpp"
#include "endpoint_access.hpp"
#include "failure.hpp"

#include <weft/detail/cancel_scope.hpp>

namespace weft::net {

namespace {

using namespace detail;

constexpr wait_reason accepting{"accept", true};
constexpr wait_reason out_of_descriptors{"descriptors to accept with", true};
constexpr auto pause_when_full = std::chrono::milliseconds(20);

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

bool is_shortage(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

call_result try_accept(int fd, descriptor_reserve* reserve) noexcept {
    call_result const got = calls::accept(fd);
    if (!is_shortage(got.error)) return got;
    if (reserve == nullptr) return calls::would_not_block(fd, false).value == 0 ? call_result{0, EAGAIN} : got;
    call_result const shed = reserve->shed(fd);
    if (shed.error == 0) return {0, ECONNABORTED};  // this connection has ended, look for the next
    return is_shortage(shed.error) ? got : shed;
}

// Also until the listener is closed, which the next attempt reports, or the fiber is cancelled: `tag_cancelled`.
wait_tag pause(descriptor& listener) noexcept {
    wait w(out_of_descriptors, &listener);
    readiness_waiter node{w.token(), 0, true};
    // Nothing ever makes a listener writable, so only closing wakes whoever waits for it.
    bool const cancelled_before = w.cancelled();
    if (cancelled_before || !listener.link(direction::write, node)) {
        if (!w.finish()) w.park();
        return cancelled_before ? tag_cancelled : tag_timeout;
    }
    wait_tag const woken_by = w.park_until(clock::now() + pause_when_full);
    listener.unlink(direction::write, node);
    return woken_by;
}

struct accepted {
    outcome how;
    descriptor* socket = nullptr;
};

accepted accept_from(descriptor* listener, std::shared_ptr<descriptor_reserve> const reserve) {
    poller_for_new_socket();  // refuses before a connection is taken
    if (listener == nullptr) return {{0, EBADF}};
    operation op(*listener, direction::read, accepting);
    bool has_paused = false;
    for (;;) {
        call_result const got = op.attempt([&](int fd) { return try_accept(fd, reserve.get()); });
        if (got.error == 0)
            return {{}, &descriptor::open(static_cast<int>(got.value), poller_for_new_socket(), listener->kind())};
        if (concerns_the_connection_only(got.error)) continue;
        if (!is_shortage(got.error) || has_paused) return {{0, got.error, op.was_cancelled()}};
        if (pause(*listener) == tag_cancelled) return {{0, cancelled_by_deadline() ? ETIMEDOUT : ECANCELED, true}};
        has_paused = true;
    }
}

// As in Go, a unix listener takes its file along.
void remove_file(descriptor& listener) noexcept {
    sockaddr_storage address{};
    call_result const got = listener.call([&](int fd) { return calls::local_address(fd, address); });
    if (got.error != 0) return;  // closed before, and removed then
    endpoint const at = endpoint_access::make(&address, got.value);
    if (char const* path = endpoint_access::unix_path(at)) calls::remove_file(path);
}

}  // namespace

listening_socket& listening_socket::operator=(listening_socket&& other) noexcept {
    listening_socket const old(std::move(*this));
    socket_ = std::exchange(other.socket_, nullptr);
    reserve_ = std::move(other.reserve_);
    return *this;
}

listening_socket::~listening_socket() {
    if (socket_ != nullptr) remove_file(*socket_);
}

void listening_socket::close() noexcept {
    if (socket_ == nullptr) return;
    remove_file(*socket_);
    socket_->close();
    if (reserve_ != nullptr) reserve_->give_up();
}

descriptor& listening_socket::accept_next() {
    accepted const a = accept_from(socket_, reserve_);
    if (a.how.error != 0) throw_failure(a.how, "weft::net: accept");
    return *a.socket;
}

descriptor* listening_socket::accept_next(std::error_code& ec) {
    try {
        accepted const a = accept_from(socket_, reserve_);
        report(a.how, ec);
        return a.socket;
    } catch (std::system_error const& refused) {  // by the poller
        ec = refused.code();
        return nullptr;
    }
}

}  // namespace weft::net
