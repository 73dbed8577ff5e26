#include "faulty_system.hpp"

#include <netinet/in.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <mutex>
#include <set>
#include <tuple>
#include <unordered_map>

namespace weft_test {
namespace {

using weft::detail::real_system;
using weft::detail::system_table;

constexpr int none = 0;
constexpr int one_byte = -1;  // stands among the errors for a transfer of a single byte

struct registration {
    int set;
    epoll_event wanted;
};

struct {
    fault_plan plan;
    std::atomic<std::uint64_t> calls{0};
    std::atomic<std::uint64_t> faults{0};
    std::mutex lock;
    std::unordered_map<int, registration> watched;  // guarded by lock
    std::set<int> whole;                            // read and written in one piece only; guarded by lock
} now;

std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

bool is_harmless(int error) { return error == EINTR || error == EAGAIN || error == one_byte || error == ECONNABORTED; }

bool is_whole(int fd) {
    {
        std::scoped_lock guard(now.lock);
        if (now.whole.count(fd) != 0) return true;
    }
    int type = SOCK_STREAM;
    socklen_t size = sizeof type;
    return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type != SOCK_STREAM;
}

bool is_watched(int fd) {
    std::scoped_lock guard(now.lock);
    return now.watched.count(fd) != 0 && now.whole.count(fd) == 0;
}

// The edge that ends the wait for what was not there.
void report_anew(int fd) {
    std::scoped_lock guard(now.lock);
    auto const at = now.watched.find(fd);
    if (at != now.watched.end()) ::epoll_ctl(at->second.set, EPOLL_CTL_MOD, fd, &at->second.wanted);
}

// The edge that tells of the rest: that of a TCP stream which a short read has not emptied can only have come later.
void report_rest(int fd) {
    int protocol = 0;
    socklen_t size = sizeof protocol;
    if (::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == IPPROTO_TCP) report_anew(fd);
}

// Which of `errors` this call, on `fd` if it is on one, fails with.
template <int... Errors>
int fault_of_this_call(int fd) {
    int possible[sizeof...(Errors) + 1] = {};
    std::size_t count = 0;
    for (int const error : {Errors...}) {
        if (now.plan.harmless_only && !is_harmless(error)) continue;
        possible[count++] = error;
    }
    if (count == 0) return none;
    std::uint64_t const n = now.calls.fetch_add(1) + 1;
    std::uint64_t const dice = mixed(now.plan.seed + n * 0x9e3779b97f4a7c15);
    bool const fails = n == now.plan.only || (now.plan.one_in != 0 && dice % now.plan.one_in == 0);
    if (!fails) return none;
    int const error = possible[(dice >> 32) % count];
    if (error == EAGAIN && !is_watched(fd)) return none;
    if (error == one_byte && is_whole(fd)) return none;
    now.faults.fetch_add(1);
    return error;
}

template <class First, class... Rest>
First first_of(First first, Rest...) {
    return first;
}

template <class Rule, class R, class... A>
void install(system_table& table, R (*system_table::*member)(A...)) {
    table.*member = [](A... arguments) -> R { return Rule::template call<R>(real_system.*Rule::member, arguments...); };
}

/// Works always.
template <auto Member>
struct honest {
    static constexpr auto member = Member;
    template <class R, class... A>
    static R call(R (*real)(A...), A... arguments) {
        return real(arguments...);
    }
};

/// Fails as system calls do, before anything has happened.
template <auto Member, int... Errors>
struct failing {
    static constexpr auto member = Member;
    template <class R, class... A>
    static R call(R (*real)(A...), A... arguments) {
        if (int const error = fault_of_this_call<Errors...>(-1); error != none) {
            errno = error;
            return -1;
        }
        return real(arguments...);
    }
};

/// Returns its error.
template <auto Member, int... Errors>
struct returning {
    static constexpr auto member = Member;
    template <class R, class... A>
    static R call(R (*real)(A...), A... arguments) {
        int const error = fault_of_this_call<Errors...>(-1);
        return error != none ? error : real(arguments...);
    }
};

/// Has happened, and says that it was interrupted. Other errors come before.
template <auto Member, int... Errors>
struct interrupted_after {
    static constexpr auto member = Member;
    template <class R, class... A>
    static R call(R (*real)(A...), A... arguments) {
        int const error = fault_of_this_call<EINTR, Errors...>(-1);
        if (error != none && error != EINTR) {
            errno = error;
            return -1;
        }
        R const result = real(arguments...);
        if (error == EINTR && (result >= 0 || errno == EINPROGRESS)) {
            errno = EINTR;
            return -1;
        }
        return result;
    }
};

/// Moves bytes; its first argument is the descriptor, and argument number `Count` says how many.
template <auto Member, std::size_t Count, int... Errors>
struct transfer {
    static constexpr auto member = Member;
    template <class R, class... A>
    static R call(R (*real)(A...), A... arguments) {
        int const fd = first_of(arguments...);
        int const error = fault_of_this_call<EINTR, one_byte, Errors...>(fd);
        if (error == one_byte) {
            std::tuple<A...> shorter(arguments...);
            auto& bytes = std::get<Count>(shorter);
            if (bytes > 1) bytes = 1;
            R const moved = std::apply(real, shorter);
            if (moved > 0) report_rest(fd);
            return moved;
        }
        if (error == none) return real(arguments...);
        if (error == EAGAIN) report_anew(fd);
        errno = error;
        return -1;
    }
};

/// The same between a pipe and a socket, whichever of the two comes first: the socket is what a transfer waits for.
template <int... Errors>
struct splicing {
    static constexpr auto member = &system_table::splice;
    template <class R>
    static R call(R (*real)(int, off_t*, int, off_t*, std::size_t, unsigned), int from, off_t* from_at, int to,
                  off_t* to_at, std::size_t bytes, unsigned flags) {
        int const socket = is_watched(from) ? from : to;
        int const error = fault_of_this_call<EINTR, one_byte, Errors...>(socket);
        if (error == none || error == one_byte)
            return real(from, from_at, to, to_at, error == one_byte && bytes > 1 ? 1 : bytes, flags);
        if (error == EAGAIN) report_anew(socket);
        errno = error;
        return -1;
    }
};

iovec first_byte_of(iovec const* parts, std::size_t count) {
    for (std::size_t i = 0; i != count; ++i)
        if (parts[i].iov_len != 0) return {parts[i].iov_base, 1};
    return {};
}

/// The same with a list of buffers.
template <auto Member, int... Errors>
struct vectored_transfer {
    static constexpr auto member = Member;
    template <class R, class... Rest>
    static R call(R (*real)(int, iovec const*, int, Rest...), int fd, iovec const* parts, int count, Rest... rest) {
        int const error = fault_of_this_call<EINTR, one_byte, Errors...>(fd);
        if (error == one_byte) {
            iovec const byte = first_byte_of(parts, static_cast<std::size_t>(count));
            return byte.iov_len == 0 ? real(fd, parts, count, rest...) : real(fd, &byte, 1, rest...);
        }
        if (error == none) return real(fd, parts, count, rest...);
        if (error == EAGAIN) report_anew(fd);
        errno = error;
        return -1;
    }
};

/// The same with a message.
template <auto Member, int... Errors>
struct message_transfer {
    static constexpr auto member = Member;
    template <class R, class Message>
    static R call(R (*real)(int, Message*, int), int fd, Message* message, int flags) {
        int const error = fault_of_this_call<EINTR, one_byte, Errors...>(fd);
        iovec byte = first_byte_of(message->msg_iov, message->msg_iovlen);
        if (error == none || (error == one_byte && byte.iov_len == 0)) return real(fd, message, flags);
        if (error == one_byte) {
            msghdr shorter = *message;
            shorter.msg_iov = &byte;
            shorter.msg_iovlen = 1;
            R const moved = real(fd, &shorter, flags);
            if (moved > 0) report_rest(fd);
            if constexpr (!std::is_const_v<Message>) {
                message->msg_controllen = shorter.msg_controllen;
                message->msg_namelen = shorter.msg_namelen;
                message->msg_flags = shorter.msg_flags;
            }
            return moved;
        }
        if (error == EAGAIN) report_anew(fd);
        errno = error;
        return -1;
    }
};

/// Connections taken from a listener.
template <auto Member, int... Errors>
struct accepting {
    static constexpr auto member = Member;
    template <class R, class... A>
    static R call(R (*real)(A...), A... arguments) {
        int const fd = first_of(arguments...);
        int const error = fault_of_this_call<EINTR, Errors...>(fd);
        if (error == none) return real(arguments...);
        if (error == EAGAIN) report_anew(fd);
        errno = error;
        return -1;
    }
};

/// Makes a descriptor whose bytes come in one piece.
template <auto Member, int... Errors>
struct making_whole {
    static constexpr auto member = Member;
    template <class R, class... A>
    static R call(R (*real)(A...), A... arguments) {
        if (int const error = fault_of_this_call<Errors...>(-1); error != none) {
            errno = error;
            return -1;
        }
        R const made = real(arguments...);
        std::scoped_lock guard(now.lock);
        if (made >= 0) now.whole.insert(made);
        return made;
    }
};

struct registering {
    static constexpr auto member = &system_table::epoll_ctl;
    template <class R>
    static R call(R (*real)(int, int, int, epoll_event*), int set, int what, int fd, epoll_event* wanted) {
        if (what != EPOLL_CTL_ADD) return real(set, what, fd, wanted);
        if (int const error = fault_of_this_call<ENOMEM, ENOSPC>(fd); error != none) {
            errno = error;
            return -1;
        }
        R const done = real(set, what, fd, wanted);
        std::scoped_lock guard(now.lock);
        if (done == 0) now.watched[fd] = {set, *wanted};
        return done;
    }
};

struct closing {
    static constexpr auto member = &system_table::close;
    template <class R>
    static R call(R (*real)(int), int fd) {
        {
            std::scoped_lock guard(now.lock);  // before the number can mean something else
            now.watched.erase(fd);
            now.whole.erase(fd);
        }
        return interrupted_after<&system_table::close>::call(real, fd);
    }
};

/// Fails only where it makes a number.
struct controlling {
    static constexpr auto member = &system_table::fcntl;
    template <class R>
    static R call(R (*real)(int, int, int), int fd, int command, int argument) {
        bool const duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
        if (!duplicates) return real(fd, command, argument);
        return failing<&system_table::fcntl, EMFILE>::call(real, fd, command, argument);
    }
};

template <class... Rules>
struct rules {
    // An entry without a rule would be one that no test makes fail.
    static_assert(sizeof...(Rules) * sizeof(void (*)()) == sizeof(system_table),
                  "every entry of the table needs a rule");
    static system_table made() {
        system_table table;
        (install<Rules>(table, Rules::member), ...);
        return table;
    }
};

using t = system_table;
using all_rules = rules<
    // Sockets
    failing<&t::socket, EMFILE, ENFILE, ENOBUFS, ENOMEM>, failing<&t::socketpair, EMFILE, ENFILE, ENOMEM>,
    failing<&t::bind, ENOMEM>, failing<&t::listen, EADDRINUSE>,
    interrupted_after<&t::connect, ECONNREFUSED, ETIMEDOUT, ENETUNREACH>,
    accepting<&t::accept4, EAGAIN, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM>,
    transfer<&t::recv, 2, EAGAIN, ECONNRESET, ENOMEM>,
    transfer<&t::send, 2, EAGAIN, ECONNRESET, EPIPE, ENOBUFS, ENOMEM>,
    message_transfer<&t::recvmsg, EAGAIN, ECONNRESET, ENOMEM>,
    message_transfer<&t::sendmsg, EAGAIN, ECONNRESET, EPIPE, ENOBUFS, ENOMEM>, failing<&t::shutdown, ENOTCONN>,
    failing<&t::getsockopt, ENOMEM>, failing<&t::setsockopt, ENOMEM>, failing<&t::getsockname, ENOBUFS>,
    failing<&t::getpeername, ENOBUFS>,
    // Any descriptor
    transfer<&t::read, 2, EAGAIN>, transfer<&t::write, 2, EAGAIN>, vectored_transfer<&t::readv, EAGAIN>,
    vectored_transfer<&t::writev, EAGAIN>, splicing<EAGAIN, ECONNRESET, ENOMEM>,
    transfer<&t::sendfile, 3, EAGAIN, ENOMEM>, failing<&t::poll, EINTR, ENOMEM>, controlling, honest<&t::tcgetattr>,
    closing,
    // What a poller waits in
    failing<&t::epoll_create1, EMFILE, ENFILE, ENOMEM>, registering, failing<&t::epoll_wait, EINTR>,
    failing<&t::epoll_pwait2, EINTR>, making_whole<&t::eventfd, EMFILE, ENFILE, ENOMEM>,
    failing<&t::io_uring_setup, EMFILE, ENFILE, ENOMEM>, failing<&t::io_uring_enter, EINTR, EAGAIN, EBUSY>,
    failing<&t::io_uring_register, ENOMEM>,
    // Files and directories. What cannot be removed would stay, whatever weft does.
    failing<&t::openat, EINTR, EMFILE, ENFILE, ENOMEM>, transfer<&t::pread, 2, EIO>,
    transfer<&t::pwrite, 2, EIO, ENOSPC>, failing<&t::fsync, EIO, ENOSPC>, failing<&t::fdatasync, EIO, ENOSPC>,
    failing<&t::ftruncate, EINTR, EIO>, failing<&t::fstat, ENOMEM>, vectored_transfer<&t::preadv2, EIO>,
    failing<&t::statx, ENOMEM>, honest<&t::lseek>, failing<&t::flock, EINTR, ENOLCK>,
    transfer<&t::copy_file_range, 4, EIO, ENOMEM, ENOSPC>, failing<&t::fchmod, EIO>, failing<&t::fchmodat, EIO, ENOMEM>,
    failing<&t::utimensat, EIO, ENOMEM>, failing<&t::mkdirat, ENOMEM, ENOSPC>, honest<&t::unlinkat>,
    failing<&t::renameat, ENOMEM, ENOSPC>, failing<&t::linkat, ENOMEM, ENOSPC>, failing<&t::symlinkat, ENOMEM, ENOSPC>,
    failing<&t::readlinkat, EIO, ENOMEM>, failing<&t::getdents64, ENOMEM>,
    making_whole<&t::inotify_init1, EMFILE, ENFILE, ENOMEM>, failing<&t::inotify_add_watch, ENOMEM, ENOSPC>,
    honest<&t::inotify_rm_watch>,
    // Pipes and processes
    failing<&t::pipe2, EMFILE, ENFILE>, failing<&t::pidfd_open, EMFILE, ENFILE, ENOMEM, ENOSYS>,
    failing<&t::waitid, EINTR>, failing<&t::faccessat, ENOMEM>, failing<&t::fstatat, ENOMEM>, honest<&t::kill>,
    returning<&t::posix_spawn, ENOMEM>,
    // Signals of the calling thread
    honest<&t::pthread_sigmask>, failing<&t::sigtimedwait, EINTR>>;

}  // namespace

weft::detail::system_table const& faulty_system::table() {
    static system_table const faulty = all_rules::made();
    return faulty;
}

faulty_system::faulty_system(fault_plan const& plan) {
    now.plan = plan;
    now.calls = 0;
    now.faults = 0;
    weft::detail::installed_system.store(&table());
}
faulty_system::~faulty_system() {
    weft::detail::installed_system.store(&real_system);
    std::scoped_lock guard(now.lock);
    now.watched.clear();
    now.whole.clear();
}

std::uint64_t faulty_system::calls() const { return now.calls; }
std::uint64_t faulty_system::faults() const { return now.faults; }

}  // namespace weft_test
