// Waiting for descriptors of others.
//
// One epoll set takes a number once, but several fibers of a worker may wait for the same one, and its owner may close it while
// they do. So each watch registers a copy of its own, which nobody else closes. Since the owner's number keeps the open
// file alive, the copy is unregistered before it is closed.
//
// Invariants: a copy is open as long as its record; it is closed by the record's close protocol, like a socket's number.
// Rejected:   registering the caller's number: EEXIST for the second waiter, and a wait that ends on another file when the
//             number is closed and reused.
#include <weft/wait_fd.hpp>

#include "failure.hpp"

#include <weft/detail/cancel_scope.hpp>
#include <weft/detail/wait.hpp>

#include <algorithm>
#include <chrono>
#include <limits>

namespace weft {

namespace {

using detail::call_result;
using detail::descriptor;
using detail::direction;
using detail::outcome;

constexpr detail::wait_reason waiting{"descriptor", true};

constexpr auto never = clock::time_point::max();

struct found {
    outcome how;
    readiness what{};
};

// At most `milliseconds`; -1 is for ever. The value is what `fd` is ready for.
call_result look(int fd, readiness what, int milliseconds) noexcept {
    if (fd < 0) return {0, EBADF};  // poll ignores it
    int const wanted = (contains(what, readable) ? POLLIN | POLLRDHUP : 0) | (contains(what, writable) ? POLLOUT : 0);
    pollfd about{fd, static_cast<short>(wanted), 0};
    call_result const looked = detail::calls::result(detail::os().poll(&about, 1, milliseconds));
    if (looked.error != 0) return looked;
    if ((about.revents & POLLNVAL) != 0) return {0, EBADF};
    readiness is{};
    if ((about.revents & (POLLIN | POLLRDHUP)) != 0) is = is | readable;
    if ((about.revents & POLLOUT) != 0) is = is | writable;
    if ((about.revents & (POLLERR | POLLHUP)) != 0) is = readable | writable;  // neither call would block
    return {static_cast<std::size_t>(is & what), 0};
}

found answer(call_result const& looked) noexcept { return {{0, looked.error}, static_cast<readiness>(looked.value)}; }

bool is_answer(call_result const& looked) noexcept {
    return looked.value != 0 || (looked.error != 0 && looked.error != EINTR);
}

// Without a runtime there is no poller.
found wait_on_thread(int fd, readiness what, clock::time_point deadline) {
    for (;;) {
        int milliseconds = -1;
        if (deadline != never) {
            auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
            constexpr std::int64_t longest = std::numeric_limits<int>::max();
            milliseconds = static_cast<int>(std::clamp<std::int64_t>(left, 0, longest));
        }
        call_result const looked = look(fd, what, milliseconds);
        if (is_answer(looked)) return answer(looked);
        if (milliseconds == 0) return {{0, ETIMEDOUT}};
    }
}

// Until an event, the deadline, the close or a cancellation; or not at all, if it is ready or closed.
detail::wait_tag sleep(descriptor& d, readiness what, clock::time_point deadline) noexcept {
    detail::wait w(waiting, &d);
    if (w.cancelled()) {
        if (!w.finish()) w.park();
        return detail::tag_cancelled;
    }
    // Like a select: no operation, so the descriptor's own deadlines do not concern it.
    detail::readiness_waiter nodes[2] = {{w.token(), 0, true}, {w.token(), 0, true}};
    bool const reads = contains(what, readable) && d.link(direction::read, nodes[0]);
    bool const is_over = contains(what, readable) && !reads;
    bool const writes = contains(what, writable) && !is_over && d.link(direction::write, nodes[1]);

    detail::wait_tag woken_by = 0;
    if (is_over || (contains(what, writable) && !writes)) {
        if (!w.finish()) woken_by = w.park();
    } else {
        woken_by = w.park_until(deadline);
    }
    if (reads) d.unlink(direction::read, nodes[0]);
    if (writes) d.unlink(direction::write, nodes[1]);
    return woken_by;
}

// Null is EBADF.
found wait_for(descriptor* watched, readiness what, clock::time_point deadline) {
    if (watched == nullptr) return {{0, EBADF}};
    if (!contains(what, readable | writable)) return {{0, EINVAL}};
    descriptor& d = *watched;
    for (;;) {
        call_result const looked = d.call([what](int fd) { return look(fd, what, 0); });
        if (is_answer(looked)) return answer(looked);
        if (deadline != never && deadline <= clock::now()) return {{0, ETIMEDOUT}};
        if (!d.can_wait()) return {{0, ECANCELED}};
        if (sleep(d, what, deadline) == detail::tag_cancelled)
            return {{0, detail::cancelled_by_deadline() ? ETIMEDOUT : ECANCELED, true}};
    }
}

descriptor& watch_copy(int fd, detail::readiness_poller& by) {
    call_result const copy = detail::calls::duplicate(fd);
    if (copy.error != 0) throw std::system_error(copy.error, std::generic_category(), "weft::fd_watch");
    return descriptor::open(static_cast<int>(copy.value), by, detail::descriptor_kind::watched);
}

found wait_once(int fd, readiness what, clock::time_point deadline) {
    if (!contains(what, readable | writable)) return {{0, EINVAL}};
    if (detail::current_poller() == nullptr) return wait_on_thread(fd, what, deadline);
    call_result const looked = look(fd, what, 0);
    if (is_answer(looked)) return answer(looked);
    if (deadline != never && deadline <= clock::now()) return {{0, ETIMEDOUT}};
    descriptor& copy = watch_copy(fd, detail::poller_for_new_socket());
    found const f = wait_for(&copy, what, deadline);
    copy.release();
    return f;
}

readiness checked(found const& f, char const* call) {
    if (f.how.error != 0) detail::throw_failure(f.how, call);
    return f.what;
}

}  // namespace

readiness wait_fd(int fd, readiness what, clock::time_point deadline) {
    return checked(wait_once(fd, what, deadline), "weft::wait_fd");
}

readiness wait_fd(int fd, readiness what, clock::time_point deadline, std::error_code& ec) {
    try {
        found const f = wait_once(fd, what, deadline);
        detail::report(f.how, ec);
        return f.what;
    } catch (std::system_error const& refused) {  // the copy
        ec = refused.code();
        return {};
    }
}

fd_watch::fd_watch(int fd) : socket_(&watch_copy(fd, detail::poller_for_new_socket())) {}

fd_watch& fd_watch::operator=(fd_watch&& other) noexcept {
    fd_watch old;
    old.socket_ = std::exchange(socket_, std::exchange(other.socket_, nullptr));
    return *this;
}

fd_watch::~fd_watch() {
    if (socket_ != nullptr) socket_->release();
}

readiness fd_watch::wait(readiness what, clock::time_point deadline) {
    return checked(wait_for(socket_, what, deadline), "weft::fd_watch::wait");
}

readiness fd_watch::wait(readiness what, clock::time_point deadline, std::error_code& ec) {
    found const f = wait_for(socket_, what, deadline);
    detail::report(f.how, ec);
    return f.what;
}

void fd_watch::close() noexcept {
    if (socket_ != nullptr) socket_->close();
}

bool fd_watch::is_open() const noexcept { return socket_ != nullptr && socket_->is_open(); }

}  // namespace weft
