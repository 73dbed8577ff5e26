#pragma once
#include <weft/clock.hpp>
#include <weft/detail/readiness_source.hpp>

#include <cstdint>
#include <system_error>
#include <utility>

namespace weft {

/// What a descriptor can be waited for: `readable`, `writable`, or `readable | writable`, which is either.
enum class readiness : std::uint8_t {
    /// Reading would not block: there is data, a connection to accept, the end, or an error.
    readable = 1,
    /// Writing would not block: there is room, or an error; a connection attempt has ended.
    writable = 2
};

/// To write `weft::readable`.
inline constexpr readiness readable = readiness::readable;
/// To write `weft::writable`.
inline constexpr readiness writable = readiness::writable;

/// Either.
constexpr readiness operator|(readiness a, readiness b) noexcept {
    return static_cast<readiness>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
/// Both of them contain it; 0 if nothing.
constexpr readiness operator&(readiness a, readiness b) noexcept {
    return static_cast<readiness>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
/// Whether `set` contains one of `what`.
constexpr bool contains(readiness set, readiness what) noexcept { return static_cast<unsigned>(set & what) != 0; }

/// Waits until a descriptor that the caller owns is ready, so that a fiber can use any C library with non-blocking
/// descriptors. Returns what it is ready for, of what was asked. Nothing is read, and somebody else may be faster: a
/// call on it may still say EAGAIN.
///
/// The wait holds a copy of the number. So the descriptor may be waited for by any number of fibers, in any directions, and the
/// caller may close `fd` meanwhile: the number can be used again at once, but the wait goes on, the file behind it
/// stays open until it ends, and closing wakes nobody (`fd_watch::close` does). Descriptors without readiness, as of
/// regular files, are ready always.
///
/// Costs: one system call if it is ready, else seven. To wait often, keep an `fd_watch`.
/// Thread safety: any fiber or thread.
/// Blocks: until it is ready, or `deadline`. Fibers park; a plain thread blocks.
/// Errors: `std::system_error`: `timed_out` at the deadline, `bad_file_descriptor`, `too_many_files_open` when there is no
/// number left for the copy, `invalid_argument` if it waits for nothing. A cancelled fiber that would wait throws
/// `cancelled`.
readiness wait_fd(int fd, readiness what, clock::time_point deadline = clock::time_point::max());
/// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`, and the result is then 0.
readiness wait_fd(int fd, readiness what, clock::time_point deadline, std::error_code& ec);

/// A descriptor that the caller owns, registered once to be waited for often: by `wait`, or by select with `on_readable`
/// and `on_writable`. Move-only; forgets the descriptor when destroyed, and never closes the caller's number.
///
/// It holds a copy of the number: what `wait_fd` says of closing holds until `close` or the end of this object.
/// Thread safety: `wait`, select and `close` from any fiber or thread at the same time, any number of them in each
/// direction. To move, assign or destroy the object is for one alone.
class fd_watch {
public:
    /// Watches nothing: `wait` fails, and select finds it ready.
    fd_watch() noexcept = default;
    /// Watches what is behind `fd`. It belongs to the runtime of the calling fiber; when that has ended, waiting fails
    /// with `operation_canceled`.
    /// Errors: `std::system_error`; `runtime_stopped` on a plain thread.
    explicit fd_watch(int fd);
    /// Takes the watch over; waits in progress go on.
    fd_watch(fd_watch&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
    /// Forgets what was watched so far, and takes the other's over.
    fd_watch& operator=(fd_watch&& other) noexcept;
    ~fd_watch();

    /// Waits as `wait_fd` does.
    /// Errors: as `wait_fd`; `operation_canceled` when it was closed; `bad_file_descriptor` if it watches nothing.
    readiness wait(readiness what, clock::time_point deadline = clock::time_point::max());
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`, and the result is then 0.
    readiness wait(readiness what, clock::time_point deadline, std::error_code& ec);

    /// Wakes whoever waits with `operation_canceled`, and forgets the descriptor. Call it before you close yours.
    /// Blocks: until the waits in progress have noticed; not a point of cancellation.
    void close() noexcept;
    /// Watches something, and has not been closed.
    bool is_open() const noexcept;

private:
    friend struct detail::socket_access;

    detail::descriptor* socket_ = nullptr;
};

}  // namespace weft
