#pragma once
// The system calls on sockets, with their errors as values. Each returns its error at once: a fiber that has parked may be on
// another thread, where `errno` is another.

#include "system_table.hpp"

#include <cerrno>

namespace weft::detail {

struct call_result {
    std::size_t value = 0;
    int error = 0;  // an errno value; 0: done
};

namespace calls {

template <class Number>
call_result result(Number returned) noexcept {
    if (returned < 0) return {0, errno};
    return {static_cast<std::size_t>(returned), 0};
}

/// Makes `call` again for as long as a signal interrupts it; it returns as system calls do.
template <class Call>
call_result uninterrupted(Call const& call) noexcept {
    for (;;)
        if (call_result const done = result(call()); done.error != EINTR) return done;
}

/// Non-blocking and close-on-exec.
inline call_result make_socket(int family, int type = SOCK_STREAM) noexcept {
    return result(os().socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}
inline call_result bind(int fd, sockaddr const* to, socklen_t size) noexcept { return result(os().bind(fd, to, size)); }
inline call_result listen(int fd, int backlog) noexcept { return result(os().listen(fd, backlog)); }
inline call_result connect(int fd, sockaddr const* to, socklen_t size) noexcept {
    return result(os().connect(fd, to, size));
}
inline call_result accept(int fd) noexcept {
    return result(os().accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

inline call_result receive(int fd, void* to, std::size_t bytes) noexcept { return result(os().recv(fd, to, bytes, 0)); }
// A peer that is gone is an error to report, not a signal.
inline call_result send(int fd, void const* from, std::size_t bytes) noexcept {
    return result(os().send(fd, from, bytes, MSG_NOSIGNAL));
}
inline call_result receive(int fd, msghdr& message, int flags = 0) noexcept {
    return result(os().recvmsg(fd, &message, flags));
}
inline call_result send(int fd, msghdr const& message) noexcept {
    return result(os().sendmsg(fd, &message, MSG_NOSIGNAL));
}
inline call_result receive(int fd, iovec* parts, std::size_t count) noexcept {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    return receive(fd, message);
}
inline call_result send(int fd, iovec* parts, std::size_t count) noexcept {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    return send(fd, message);
}
// The same on a socket that may be set to block.
inline call_result receive_now(int fd, void* to, std::size_t bytes) noexcept {
    return result(os().recv(fd, to, bytes, MSG_DONTWAIT));
}
inline call_result send_now(int fd, void const* from, std::size_t bytes) noexcept {
    return result(os().send(fd, from, bytes, MSG_NOSIGNAL | MSG_DONTWAIT));
}
// On pipes and terminals. Writing may raise SIGPIPE: see sigpipe.hpp.
inline call_result read(int fd, void* to, std::size_t bytes) noexcept { return result(os().read(fd, to, bytes)); }
inline call_result write(int fd, void const* from, std::size_t bytes) noexcept {
    return result(os().write(fd, from, bytes));
}
inline call_result shutdown(int fd, int how) noexcept { return result(os().shutdown(fd, how)); }

/// For options that are one number.
inline call_result set_option(int fd, int level, int option, int value) noexcept {
    return result(os().setsockopt(fd, level, option, &value, sizeof value));
}
inline call_result set_flag(int fd, int level, int option) noexcept { return set_option(fd, level, option, 1); }
inline call_result get_option(int fd, int level, int option) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    call_result const asked = result(os().getsockopt(fd, level, option, &value, &size));
    return asked.error != 0 ? asked : call_result{static_cast<std::size_t>(value), 0};
}
/// The error that a connection attempt or the network left in the socket.
inline call_result pending_error(int fd) noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    call_result const asked = result(os().getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size));
    return asked.error != 0 ? asked : call_result{0, error};
}

/// Addresses: the number of bytes written to `address`.
inline call_result local_address(int fd, sockaddr_storage& address) noexcept {
    socklen_t size = sizeof address;
    call_result const asked = result(os().getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size));
    return {size, asked.error};
}
inline call_result remote_address(int fd, sockaddr_storage& address) noexcept {
    socklen_t size = sizeof address;
    call_result const asked = result(os().getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size));
    return {size, asked.error};
}

/// Not 0 if reading (writing) would not block now; nothing is waited for.
inline call_result would_not_block(int fd, bool writing) noexcept {
    pollfd about{fd, static_cast<short>(writing ? POLLOUT : POLLIN | POLLRDHUP), 0};
    return uninterrupted([&] { return os().poll(&about, 1, 0); });
}

/// A descriptor of no other use than to be one.
inline call_result event_counter() noexcept { return result(os().eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

inline void remove_file(char const* path) noexcept { os().unlinkat(AT_FDCWD, path, 0); }

/// A copy of the number, close-on-exec, for the same open file.
inline call_result duplicate(int fd) noexcept { return result(os().fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

// Never repeated: Linux gives the number back also when it reports an interruption.
inline void close(int fd) noexcept { os().close(fd); }

}  // namespace calls

}  // namespace weft::detail
