#pragma once
#include <weft/clock.hpp>
#include <weft/detail/readiness_source.hpp>
#include <weft/net.hpp>

#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

namespace weft {

/// The end of a pipe that is read; also whatever else bytes come from: a terminal, standard input, a child's output.
/// Move-only; closes when destroyed.
///
/// Errors: as for sockets, see `weft::net`. Each call that can fail because of the environment has a form that throws and one
/// with an `std::error_code&`.
/// Thread safety: reading, deadlines and `close` from any fiber or thread at the same time; reads stand in line. To move,
/// assign or destroy the object is for one alone.
/// Blocks: `read_*` until there is data; the fiber parks, and is woken by data, a deadline, `close` and cancellation.
class pipe_reader {
public:
    /// Holds nothing.
    pipe_reader() noexcept = default;
    /// Takes the pipe over; operations in progress go on.
    pipe_reader(pipe_reader&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
    /// Closes what is held so far, and takes the other's over.
    pipe_reader& operator=(pipe_reader&& other) noexcept;
    ~pipe_reader();

    /// Reads at least one byte, as many as are there; 0 when all is read and nobody can write any more. An empty buffer reads
    /// nothing and does not wait.
    std::size_t read_some(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec);

    /// Fills the buffer; less only at the end. As a unit: no other read comes between.
    /// Errors: what was read before a failure is in the buffer; the `error_code&` form returns how much.
    std::size_t read_exact(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t read_exact(std::span<std::byte> buffer, std::error_code& ec);

    /// From `t` on every read, also one in progress, fails with `timed_out`, until the deadline is moved or cleared.
    /// `time_point::max()` is none.
    void set_deadline(clock::time_point t);
    /// The same.
    void set_read_deadline(clock::time_point t);
    /// No deadline.
    void clear_deadline();

    /// Wakes whoever reads with `operation_canceled`, and closes this end: who writes gets `broken_pipe`. Closing again does
    /// nothing.
    /// Blocks: until the operations in progress have noticed; not a point of cancellation.
    void close() noexcept;
    /// Holds a pipe that has not been closed by this side.
    bool is_open() const noexcept;
    /// The descriptor, which stays this object's, or -1. It is non-blocking and must not be closed.
    int native_handle() const noexcept;

private:
    friend struct detail::socket_access;
    explicit pipe_reader(detail::descriptor& end) noexcept : socket_(&end) {}

    detail::descriptor* socket_ = nullptr;
};

/// The end of a pipe that is written to; also whatever else takes bytes: a terminal, standard output, a child's input.
/// Move-only; closes when destroyed.
///
/// Errors: as for sockets, see `weft::net`; `broken_pipe` when nobody can read any more, never the signal SIGPIPE.
/// Thread safety: writing, deadlines and `close` from any fiber or thread at the same time; writes stand in line. To move,
/// assign or destroy the object is for one alone.
/// Blocks: `write_*` until there is room; the fiber parks, and is woken by room, a deadline, `close` and cancellation.
class pipe_writer {
public:
    /// Holds nothing.
    pipe_writer() noexcept = default;
    /// Takes the pipe over; operations in progress go on.
    pipe_writer(pipe_writer&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)) {}
    /// Closes what is held so far, and takes the other's over.
    pipe_writer& operator=(pipe_writer&& other) noexcept;
    ~pipe_writer();

    /// Hands at least one byte to the system and returns how many.
    std::size_t write_some(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec);

    /// Hands all bytes to the system, as a unit: no other write through this object comes between. Returns the number written.
    /// Errors: the message of the exception says how many were written before the failure; the `error_code&` form returns
    /// it.
    std::size_t write_all(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t write_all(std::span<std::byte const> buffer, std::error_code& ec);

    /// From `t` on every write, also one in progress, fails with `timed_out`, until the deadline is moved or cleared.
    /// `time_point::max()` is none.
    void set_deadline(clock::time_point t);
    /// The same.
    void set_write_deadline(clock::time_point t);
    /// No deadline.
    void clear_deadline();

    /// Wakes whoever writes with `operation_canceled`, and closes this end: who reads finds the end once it has taken what was
    /// written. Closing again does nothing.
    /// Blocks: until the operations in progress have noticed; not a point of cancellation.
    void close() noexcept;
    /// Holds a pipe that has not been closed by this side.
    bool is_open() const noexcept;
    /// The descriptor, which stays this object's, or -1. It is non-blocking and must not be closed.
    int native_handle() const noexcept;

private:
    friend struct detail::socket_access;
    explicit pipe_writer(detail::descriptor& end) noexcept : socket_(&end) {}

    detail::descriptor* socket_ = nullptr;
};

/// Both ends of a pipe.
struct pipe_ends {
    pipe_reader reader;  ///< what was written comes out here
    pipe_writer writer;  ///< and goes in here
};

/// A pipe of the operating system; both ends are closed in child processes. It belongs to the runtime of the calling fiber.
/// Errors: `std::system_error`, say `too_many_files_open`; `runtime_stopped` on a plain thread.
/// Source: pipe(7)
pipe_ends os_pipe();
/// The same; a failure is reported in `ec`, and both ends hold nothing.
pipe_ends os_pipe(std::error_code& ec);

}  // namespace weft
