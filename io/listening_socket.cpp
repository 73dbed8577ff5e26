// Accepting, also when there are no descriptors left.
//
// Linux looks for a free number before it looks for a connection: out of numbers, accept fails at once even if nobody has
// called. So a shortage counts only when a connection waits. Then a listener with a reserve sheds the connection. One
// without pauses, tries again, and reports: whoever accepts in a loop turns 50 times a second.
#include <weft/listening_socket.hpp>

#include "descriptor_reserve.hpp"
#include "failure.hpp"
#include "unix_file.hpp"

#include <chrono>

namespace weft::net {

namespace {

using namespace detail;

constexpr wait_reason accepting{"accept", true};
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

enum class pressure { relieved, nobody_waits, somebody_waits };

pressure relieve(descriptor& listener, descriptor_reserve* reserve) noexcept {
    call_result const looked = listener.call([reserve](int fd) {
        if (reserve != nullptr && reserve->shed(fd).error == 0) return call_result{0, ECONNABORTED};
        return calls::would_not_block(fd, false);
    });
    if (looked.error != 0) return pressure::relieved;  // if it was closed, the next attempt reports it
    return looked.value == 0 ? pressure::nobody_waits : pressure::somebody_waits;
}

struct accepted {
    outcome how;
    descriptor* socket = nullptr;
};

accepted accept_from(descriptor* listener, descriptor_reserve* reserve) {
    poller_for_new_socket();  // refuses before a connection is taken
    if (listener == nullptr) return {{0, EBADF}};
    operation op(*listener, direction::read, accepting);
    bool has_paused = false;
    for (;;) {
        auto const accept = [](int fd) { return calls::accept(fd); };
        call_result const got =
            listener->kind() == descriptor_kind::tcp_listener ? op.accept(accept) : op.attempt(accept);
        if (got.error == 0) {
            descriptor_kind const kind =
                listener->kind() == descriptor_kind::tcp_listener ? descriptor_kind::tcp : listener->kind();
            return {{}, &descriptor::open(static_cast<int>(got.value), poller_for_new_socket(), kind)};
        }
        if (concerns_the_connection_only(got.error)) continue;
        if (!is_shortage(got.error)) return {{0, got.error, op.was_cancelled()}};
        pressure const now = relieve(*listener, reserve);
        if (now == pressure::relieved) continue;
        if (now == pressure::somebody_waits && has_paused) return {{0, got.error}};
        if (int const failure = op.pause(pause_when_full); failure != 0) return {{0, failure, true}};
        has_paused = now == pressure::somebody_waits;
    }
}

}  // namespace

listening_socket& listening_socket::operator=(listening_socket&& other) noexcept {
    listening_socket const old(std::move(*this));
    socket_ = std::exchange(other.socket_, nullptr);
    reserve_ = std::move(other.reserve_);
    return *this;
}

listening_socket::~listening_socket() {
    if (socket_ != nullptr) remove_unix_file(*socket_);
}

void listening_socket::close() noexcept {
    if (socket_ == nullptr) return;
    auto const reserve = reserve_;  // whoever is woken may destroy this object
    remove_unix_file(*socket_);
    socket_->close();
    if (reserve != nullptr) reserve->give_up();
}

descriptor& listening_socket::accept_next() {
    auto const reserve = reserve_;  // this object may be moved meanwhile
    accepted const a = accept_from(socket_, reserve.get());
    if (a.how.error != 0) throw_failure(a.how, "weft::net: accept");
    return *a.socket;
}

descriptor* listening_socket::accept_next(std::error_code& ec) {
    try {
        auto const reserve = reserve_;
        accepted const a = accept_from(socket_, reserve.get());
        report(a.how, ec);
        return a.socket;
    } catch (std::system_error const& refused) {  // by the poller
        ec = refused.code();
        return nullptr;
    }
}

}  // namespace weft::net
