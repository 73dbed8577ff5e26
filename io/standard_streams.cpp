// Streams over descriptors that the program has inherited.
//
// O_NONBLOCK belongs to the open file, which the parent process shares: a shell whose terminal was made non-blocking breaks.
// Hence, by what stands behind the number:
//
//     pipe, terminal        opened once more, through /proc, without blocking: an open file of our own
//     the same, refused     asked whether it is ready, then used: as for all else that has readiness
//     socket                per call, MSG_DONTWAIT
//     file, null device     has no readiness: by the blocking pool, at the position that all share
//
// Rejected: O_NONBLOCK for as long as the program runs, which it cannot undo if it is killed. A thread that reads ahead:
//           what it has read is lost to whoever reads next.
#include <weft/standard_streams.hpp>

#include "failure.hpp"
#include "owned_number.hpp"
#include "shared_stream.hpp"

#include <sys/sysmacros.h>
#include <termios.h>
#include <string>

namespace weft {

namespace detail {

namespace {

bool allows(int flags, direction way) noexcept {
    int const mode = flags & O_ACCMODE;
    return mode == O_RDWR || mode == (way == direction::read ? O_RDONLY : O_WRONLY);
}

// Opened anew, the controlling side of a terminal is another terminal.
bool is_terminal(int number, dev_t device) noexcept {
    constexpr unsigned alternates = 5;
    constexpr unsigned ptmx = 2;
    constexpr unsigned first_old_master = 2;
    if (major(device) == alternates && minor(device) == ptmx) return false;
    if (major(device) == first_old_master) return false;
    termios settings{};
    return os().tcgetattr(number, &settings) == 0;
}

int checked(call_result const& r) {
    if (r.error != 0) throw std::system_error(r.error, std::generic_category(), "weft: a standard stream");
    return static_cast<int>(r.value);
}

owned_number open_again(int number, direction way) {
    std::string const path = "/proc/self/fd/" + std::to_string(number);
    int const mode = way == direction::read ? O_RDONLY : O_WRONLY;
    call_result const opened = calls::uninterrupted(
        [&] { return os().openat(AT_FDCWD, path.c_str(), mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0); });
    return opened.error != 0 ? owned_number() : owned_number(static_cast<int>(opened.value));
}

owned_number copy_of(int number) {
    return owned_number(checked(calls::result(os().fcntl(number, F_DUPFD_CLOEXEC, 0))));
}

}  // namespace

descriptor* open_shared(int number, direction way) {
    readiness_poller& watcher = poller_for_new_socket();
    call_result const flags = calls::result(os().fcntl(number, F_GETFL, 0));
    if (flags.error != 0 || !allows(static_cast<int>(flags.value), way)) return nullptr;
    struct stat about {};
    checked(calls::result(os().fstat(number, &about)));

    if (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode) || S_ISBLK(about.st_mode))
        return &descriptor::open(copy_of(number).release(), watcher, descriptor_kind::on_disk);
    if (S_ISSOCK(about.st_mode))
        return &descriptor::open(copy_of(number).release(), watcher, descriptor_kind::shared_socket);

    bool const terminal = S_ISCHR(about.st_mode) && is_terminal(number, about.st_rdev);
    if (terminal || S_ISFIFO(about.st_mode))
        if (owned_number own = open_again(number, way); own.get() >= 0)
            return &descriptor::open(own.release(), watcher, descriptor_kind::file);
    // How much a terminal takes without waiting cannot be found out.
    if (terminal && way == direction::write)
        return &descriptor::open(copy_of(number).release(), watcher, descriptor_kind::on_disk);
    try {
        return &descriptor::open(copy_of(number).release(), watcher, descriptor_kind::shared_file);
    } catch (std::system_error const& refused) {
        if (refused.code() != std::errc::operation_not_permitted) throw;
        return &descriptor::open(copy_of(number).release(), watcher, descriptor_kind::on_disk);  // no readiness
    }
}

}  // namespace detail

namespace {

template <class Stream>
Stream stream_over(int number, detail::direction way) {
    detail::descriptor* const shared = detail::open_shared(number, way);
    return shared == nullptr ? Stream() : detail::socket_access::make<Stream>(*shared);
}

}  // namespace

pipe_reader std_in() { return stream_over<pipe_reader>(STDIN_FILENO, detail::direction::read); }
pipe_writer std_out() { return stream_over<pipe_writer>(STDOUT_FILENO, detail::direction::write); }
pipe_writer std_err() { return stream_over<pipe_writer>(STDERR_FILENO, detail::direction::write); }

}  // namespace weft
