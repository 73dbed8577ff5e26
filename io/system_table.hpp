#pragma once
// Every system call that io makes goes through one table of functions, so that a test can stand between weft and the
// system: fail the n-th call, shorten a transfer, interrupt a wait.
//
// A call's name here is its name in the manual. A call that is missing is added here; none is made past the table.
//
// Thread safety: the table in force is read by every thread at any time. A test installs another only while no runtime
// lives, and the functions of a table may be called from any thread.

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>

struct io_uring_params;

namespace weft::detail {

struct system_table {
    // Sockets
    int (*socket)(int family, int type, int protocol) = [](int f, int t, int p) { return ::socket(f, t, p); };
    int (*socketpair)(int family, int type, int protocol, int* ends) = [](int f, int t, int p, int* e) {
        return ::socketpair(f, t, p, e);
    };
    int (*bind)(int fd, sockaddr const* to, socklen_t size) = [](int fd, sockaddr const* to, socklen_t size) {
        return ::bind(fd, to, size);
    };
    int (*listen)(int fd, int backlog) = [](int fd, int backlog) { return ::listen(fd, backlog); };
    int (*connect)(int fd, sockaddr const* to, socklen_t size) = [](int fd, sockaddr const* to, socklen_t size) {
        return ::connect(fd, to, size);
    };
    int (*accept4)(int fd, sockaddr* from, socklen_t* size, int flags) =
        [](int fd, sockaddr* from, socklen_t* size, int flags) { return ::accept4(fd, from, size, flags); };
    ssize_t (*recv)(int fd, void* to, std::size_t bytes, int flags) = [](int fd, void* to, std::size_t n, int flags) {
        return ::recv(fd, to, n, flags);
    };
    ssize_t (*send)(int fd, void const* from, std::size_t bytes, int flags) =
        [](int fd, void const* from, std::size_t n, int flags) { return ::send(fd, from, n, flags); };
    ssize_t (*recvmsg)(int fd, msghdr* message, int flags) = [](int fd, msghdr* m, int flags) {
        return ::recvmsg(fd, m, flags);
    };
    ssize_t (*sendmsg)(int fd, msghdr const* message, int flags) = [](int fd, msghdr const* m, int flags) {
        return ::sendmsg(fd, m, flags);
    };
    int (*shutdown)(int fd, int how) = [](int fd, int how) { return ::shutdown(fd, how); };
    int (*getsockopt)(int fd, int level, int name, void* value, socklen_t* size) = [](int fd, int level, int name,
                                                                                      void* value, socklen_t* size) {
        return ::getsockopt(fd, level, name, value, size);
    };
    int (*setsockopt)(int fd, int level, int name, void const* value,
                      socklen_t size) = [](int fd, int level, int name, void const* value, socklen_t size) {
        return ::setsockopt(fd, level, name, value, size);
    };
    int (*getsockname)(int fd, sockaddr* address, socklen_t* size) = [](int fd, sockaddr* a, socklen_t* size) {
        return ::getsockname(fd, a, size);
    };
    int (*getpeername)(int fd, sockaddr* address, socklen_t* size) = [](int fd, sockaddr* a, socklen_t* size) {
        return ::getpeername(fd, a, size);
    };

    // Any descriptor
    ssize_t (*read)(int fd, void* to, std::size_t bytes) = [](int fd, void* to, std::size_t n) {
        return ::read(fd, to, n);
    };
    ssize_t (*write)(int fd, void const* from, std::size_t bytes) = [](int fd, void const* from, std::size_t n) {
        return ::write(fd, from, n);
    };
    ssize_t (*readv)(int fd, iovec const* parts, int count) = [](int fd, iovec const* parts, int count) {
        return ::readv(fd, parts, count);
    };
    ssize_t (*writev)(int fd, iovec const* parts, int count) = [](int fd, iovec const* parts, int count) {
        return ::writev(fd, parts, count);
    };
    ssize_t (*splice)(int from, off_t* from_at, int to, off_t* to_at, std::size_t bytes,
                      unsigned flags) = [](int from, off_t* from_at, int to, off_t* to_at, std::size_t n,
                                           unsigned flags) { return ::splice(from, from_at, to, to_at, n, flags); };
    ssize_t (*sendfile)(int to, int from, off_t* from_at, std::size_t bytes) =
        [](int to, int from, off_t* at, std::size_t n) { return ::sendfile(to, from, at, n); };
    int (*poll)(pollfd* about, nfds_t count, int milliseconds) = [](pollfd* about, nfds_t count, int milliseconds) {
        return ::poll(about, count, milliseconds);
    };
    int (*fcntl)(int fd, int command, int argument) = [](int fd, int command, int argument) {
        return ::fcntl(fd, command, argument);
    };
    int (*tcgetattr)(int fd, termios* settings) = [](int fd, termios* settings) { return ::tcgetattr(fd, settings); };
    int (*close)(int fd) = [](int fd) { return ::close(fd); };

    // What a poller waits in
    int (*epoll_create1)(int flags) = [](int flags) { return ::epoll_create1(flags); };
    int (*epoll_ctl)(int set, int operation, int fd, epoll_event* wanted) =
        [](int set, int operation, int fd, epoll_event* wanted) { return ::epoll_ctl(set, operation, fd, wanted); };
    int (*epoll_wait)(int set, epoll_event* events, int most, int milliseconds) = [](int set, epoll_event* events,
                                                                                     int most, int milliseconds) {
        return ::epoll_wait(set, events, most, milliseconds);
    };
    int (*epoll_pwait2)(int set, epoll_event* events, int most,
                        timespec const* timeout) = [](int set, epoll_event* events, int most, timespec const* timeout) {
        return static_cast<int>(::syscall(SYS_epoll_pwait2, set, events, most, timeout, nullptr, 0));
    };
    int (*eventfd)(unsigned initial, int flags) = [](unsigned initial, int flags) { return ::eventfd(initial, flags); };
    int (*io_uring_setup)(unsigned entries, io_uring_params* parameters) = [](unsigned entries, io_uring_params* p) {
        return static_cast<int>(::syscall(SYS_io_uring_setup, entries, p));
    };
    int (*io_uring_enter)(int ring, unsigned submit, unsigned complete, unsigned flags, void const* argument,
                          std::size_t bytes) = [](int ring, unsigned submit, unsigned complete, unsigned flags,
                                                  void const* argument, std::size_t bytes) {
        return static_cast<int>(::syscall(SYS_io_uring_enter, ring, submit, complete, flags, argument, bytes));
    };
    int (*io_uring_register)(int ring, unsigned what, void* argument,
                             unsigned count) = [](int ring, unsigned what, void* argument, unsigned count) {
        return static_cast<int>(::syscall(SYS_io_uring_register, ring, what, argument, count));
    };

    // Files and directories
    int (*openat)(int directory, char const* path, int flags, mode_t mode) =
        [](int directory, char const* path, int flags, mode_t mode) { return ::openat(directory, path, flags, mode); };
    ssize_t (*pread)(int fd, void* to, std::size_t bytes, off_t at) = [](int fd, void* to, std::size_t n, off_t at) {
        return ::pread(fd, to, n, at);
    };
    ssize_t (*pwrite)(int fd, void const* from, std::size_t bytes, off_t at) =
        [](int fd, void const* from, std::size_t n, off_t at) { return ::pwrite(fd, from, n, at); };
    int (*fsync)(int fd) = [](int fd) { return ::fsync(fd); };
    int (*fdatasync)(int fd) = [](int fd) { return ::fdatasync(fd); };
    int (*ftruncate)(int fd, off_t size) = [](int fd, off_t size) { return ::ftruncate(fd, size); };
    int (*fstat)(int fd, struct stat* about) = [](int fd, struct stat* about) { return ::fstat(fd, about); };
    ssize_t (*preadv2)(int fd, iovec const* parts, int count, off_t at,
                       int flags) = [](int fd, iovec const* parts, int count, off_t at, int flags) {
        return ::preadv2(fd, parts, count, at, flags);
    };
    int (*statx)(int directory, char const* path, int flags, unsigned wanted, struct statx* about) =
        [](int directory, char const* path, int flags, unsigned wanted, struct statx* about) {
            return ::statx(directory, path, flags, wanted, about);
        };
    off_t (*lseek)(int fd, off_t by, int from) = [](int fd, off_t by, int from) { return ::lseek(fd, by, from); };
    int (*flock)(int fd, int operation) = [](int fd, int operation) { return ::flock(fd, operation); };
    ssize_t (*copy_file_range)(int from, off_t* from_at, int to, off_t* to_at, std::size_t bytes, unsigned flags) =
        [](int from, off_t* from_at, int to, off_t* to_at, std::size_t n, unsigned flags) {
            return ::copy_file_range(from, from_at, to, to_at, n, flags);
        };
    int (*fchmod)(int fd, mode_t mode) = [](int fd, mode_t mode) { return ::fchmod(fd, mode); };
    int (*fchmodat)(int directory, char const* path, mode_t mode, int flags) = [](int directory, char const* path,
                                                                                  mode_t mode, int flags) {
        return ::fchmodat(directory, path, mode, flags);
    };
    int (*utimensat)(int directory, char const* path, timespec const* times,
                     int flags) = [](int directory, char const* path, timespec const* times, int flags) {
        return ::utimensat(directory, path, times, flags);
    };
    int (*mkdirat)(int directory, char const* path, mode_t mode) = [](int directory, char const* path, mode_t mode) {
        return ::mkdirat(directory, path, mode);
    };
    int (*unlinkat)(int directory, char const* path, int flags) = [](int directory, char const* path, int flags) {
        return ::unlinkat(directory, path, flags);
    };
    int (*renameat)(int directory, char const* from, int to_directory,
                    char const* to) = [](int directory, char const* from, int to_directory, char const* to) {
        return ::renameat(directory, from, to_directory, to);
    };
    int (*linkat)(int directory, char const* from, int to_directory, char const* to,
                  int flags) = [](int directory, char const* from, int to_directory, char const* to, int flags) {
        return ::linkat(directory, from, to_directory, to, flags);
    };
    int (*symlinkat)(char const* target, int directory, char const* path) =
        [](char const* target, int directory, char const* path) { return ::symlinkat(target, directory, path); };
    ssize_t (*readlinkat)(int directory, char const* path, char* to, std::size_t bytes) =
        [](int directory, char const* path, char* to, std::size_t n) { return ::readlinkat(directory, path, to, n); };
    ssize_t (*getdents64)(int directory, void* to, std::size_t bytes) = [](int directory, void* to, std::size_t n) {
        return static_cast<ssize_t>(::syscall(SYS_getdents64, directory, to, n));
    };
    int (*inotify_init1)(int flags) = [](int flags) { return ::inotify_init1(flags); };
    int (*inotify_add_watch)(int fd, char const* path, std::uint32_t wanted) =
        [](int fd, char const* path, std::uint32_t wanted) { return ::inotify_add_watch(fd, path, wanted); };
    int (*inotify_rm_watch)(int fd, int watch) = [](int fd, int watch) { return ::inotify_rm_watch(fd, watch); };

    // Pipes and processes
    int (*pipe2)(int* ends, int flags) = [](int* ends, int flags) { return ::pipe2(ends, flags); };
    int (*pidfd_open)(pid_t pid, unsigned flags) = [](pid_t pid, unsigned flags) {
        return static_cast<int>(::syscall(SYS_pidfd_open, pid, flags));
    };
    int (*waitid)(idtype_t kind, id_t id, siginfo_t* about, int options) =
        [](idtype_t kind, id_t id, siginfo_t* about, int options) { return ::waitid(kind, id, about, options); };
    int (*faccessat)(int directory, char const* path, int wanted, int flags) = [](int directory, char const* path,
                                                                                  int wanted, int flags) {
        return ::faccessat(directory, path, wanted, flags);
    };
    int (*fstatat)(int directory, char const* path, struct stat* about, int flags) = [](int directory, char const* path,
                                                                                        struct stat* about, int flags) {
        return ::fstatat(directory, path, about, flags);
    };
    int (*kill)(pid_t to, int signal) = [](pid_t to, int signal) { return ::kill(to, signal); };
    /// Returns its error, and does not set `errno`.
    int (*posix_spawn)(pid_t* child, char const* path, posix_spawn_file_actions_t const* actions,
                       posix_spawnattr_t const* attributes, char* const* arguments, char* const* environment) =
        [](pid_t* child, char const* path, posix_spawn_file_actions_t const* actions,
           posix_spawnattr_t const* attributes, char* const* arguments, char* const* environment) {
            return ::posix_spawn(child, path, actions, attributes, arguments, environment);
        };

    // Signals of the calling thread
    /// Returns its error, and does not set `errno`.
    int (*pthread_sigmask)(int how, sigset_t const* set, sigset_t* before) =
        [](int how, sigset_t const* set, sigset_t* before) { return ::pthread_sigmask(how, set, before); };
    int (*sigtimedwait)(sigset_t const* set, siginfo_t* about,
                        timespec const* timeout) = [](sigset_t const* set, siginfo_t* about, timespec const* timeout) {
        return ::sigtimedwait(set, about, timeout);
    };
};

/// The system itself.
inline constexpr system_table real_system{};

/// The table in force. Release: the functions of a table are there before it is.
inline std::atomic<system_table const*> installed_system{&real_system};

inline system_table const& os() noexcept { return *installed_system.load(std::memory_order_acquire); }

}  // namespace weft::detail
