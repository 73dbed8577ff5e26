#pragma once
#include <weft/clock.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

namespace weft {

namespace detail {
class pipe_state;
}  // namespace detail

struct memory_pipe_ends;

/// The reading end of a pipe in memory. Move-only; closes when destroyed.
///
/// Thread safety: reading, deadlines and `close` from any fiber or thread at the same time. Reads stand in line for each other. To
/// move, assign or destroy the object is for one alone.
/// Blocks: until there is data, the other end has been closed, or the deadline has passed.
/// Errors: as those of `net::tcp_stream`; `bad_file_descriptor` on an object that is no end of a pipe.
class memory_reader {
public:
    /// No end of a pipe.
    memory_reader() noexcept;
    /// Takes the end over; operations in progress go on.
    memory_reader(memory_reader&&) noexcept;
    /// Closes the end held so far, and takes the other's over.
    memory_reader& operator=(memory_reader&&) noexcept;
    ~memory_reader();

    /// Reads at least one byte, as many as are there; 0 at the end of the stream.
    std::size_t read_some(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec);
    /// Fills the buffer; less only at the end of the stream. As a unit: no other read comes between.
    std::size_t read_exact(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t read_exact(std::span<std::byte> buffer, std::error_code& ec);

    /// From `t` on reads fail with `timed_out`, also those in progress, until the deadline is moved or cleared.
    void set_deadline(clock::time_point t);
    /// No deadline.
    void clear_deadline();
    /// Wakes whoever reads with `operation_canceled`; writing at the other end fails with `broken_pipe`.
    void close() noexcept;
    /// An end of a pipe that has not been closed.
    bool is_open() const noexcept;

private:
    friend memory_pipe_ends memory_pipe(std::size_t capacity);
    std::shared_ptr<detail::pipe_state> state_;
};

/// The writing end of a pipe in memory. Move-only; closes when destroyed.
///
/// Thread safety: writing, deadlines and `close` from any fiber or thread at the same time. Writes stand in line for each other. To
/// move, assign or destroy the object is for one alone.
/// Blocks: until there is room, the other end has been closed, or the deadline has passed.
/// Errors: as those of `net::tcp_stream`; `broken_pipe` once the other end has been closed; `bad_file_descriptor` on an
/// object that is no end of a pipe.
class memory_writer {
public:
    /// No end of a pipe.
    memory_writer() noexcept;
    /// Takes the end over; operations in progress go on.
    memory_writer(memory_writer&&) noexcept;
    /// Closes the end held so far, and takes the other's over.
    memory_writer& operator=(memory_writer&&) noexcept;
    ~memory_writer();

    /// Puts at least one byte into the pipe and returns how many.
    std::size_t write_some(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`, a cancellation as `operation_canceled`.
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec);
    /// Puts all bytes into the pipe, as a unit: no other write comes between. Returns their number.
    std::size_t write_all(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`, and the result is how many bytes went into the pipe.
    std::size_t write_all(std::span<std::byte const> buffer, std::error_code& ec);

    /// From `t` on writes fail with `timed_out`, also those in progress, until the deadline is moved or cleared.
    void set_deadline(clock::time_point t);
    /// No deadline.
    void clear_deadline();
    /// Wakes whoever writes with `operation_canceled`; the other end reads what is in the pipe, and then the end of the stream.
    void close() noexcept;
    /// An end of a pipe that has not been closed.
    bool is_open() const noexcept;

private:
    friend memory_pipe_ends memory_pipe(std::size_t capacity);
    std::shared_ptr<detail::pipe_state> state_;
};

/// One end of a connection in memory: reads from one pipe and writes to another. A stream as `net::tcp_stream` is one,
/// for tests and for code that expects a stream. Move-only; closes when destroyed.
///
/// Thread safety, Blocks, Errors: as its two directions, which do not wait for each other.
class memory_stream {
public:
    /// No connection.
    memory_stream() noexcept = default;
    /// Reads from `in` and writes to `out`.
    memory_stream(memory_reader in, memory_writer out) noexcept : in_(std::move(in)), out_(std::move(out)) {}

    /// Reads at least one byte, as many as are there; 0 at the end of the stream.
    std::size_t read_some(std::span<std::byte> buffer) { return in_.read_some(buffer); }
    /// The same; a failure is reported in `ec`.
    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec) { return in_.read_some(buffer, ec); }
    /// Fills the buffer; less only at the end of the stream.
    std::size_t read_exact(std::span<std::byte> buffer) { return in_.read_exact(buffer); }
    /// The same; a failure is reported in `ec`.
    std::size_t read_exact(std::span<std::byte> buffer, std::error_code& ec) { return in_.read_exact(buffer, ec); }
    /// Writes at least one byte and returns how many.
    std::size_t write_some(std::span<std::byte const> buffer) { return out_.write_some(buffer); }
    /// The same; a failure is reported in `ec`.
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec) {
        return out_.write_some(buffer, ec);
    }
    /// Writes all bytes, as a unit, and returns their number.
    std::size_t write_all(std::span<std::byte const> buffer) { return out_.write_all(buffer); }
    /// The same; a failure is reported in `ec`, and the result is how many were written.
    std::size_t write_all(std::span<std::byte const> buffer, std::error_code& ec) { return out_.write_all(buffer, ec); }

    /// From `t` on every operation fails with `timed_out`, also those in progress.
    void set_deadline(clock::time_point t) {
        in_.set_deadline(t);
        out_.set_deadline(t);
    }
    /// The same for reading only.
    void set_read_deadline(clock::time_point t) { in_.set_deadline(t); }
    /// The same for writing only.
    void set_write_deadline(clock::time_point t) { out_.set_deadline(t); }
    /// No deadline, in either direction.
    void clear_deadline() { set_deadline(clock::time_point::max()); }

    /// The peer reads the end of the stream; reading goes on.
    void shutdown_write() { out_.close(); }
    /// Closes both directions and wakes whoever waits, with `operation_canceled`.
    void close() noexcept {
        in_.close();
        out_.close();
    }
    /// It can still be read, or written.
    bool is_open() const noexcept { return in_.is_open() || out_.is_open(); }

private:
    memory_reader in_;
    memory_writer out_;
};

/// The two ends of a pipe.
struct memory_pipe_ends {
    memory_reader reader;  ///< What `writer` has written.
    memory_writer writer;  ///< Waits when the pipe is full.
};

/// A pipe in memory that holds at most `capacity` bytes: `auto [reader, writer] = weft::memory_pipe();`. Its ends may
/// be used outside a runtime as well.
/// Errors: `std::invalid_argument` for a capacity of 0.
memory_pipe_ends memory_pipe(std::size_t capacity = 64 * 1024);

/// The two ends of a connection.
struct memory_stream_ends {
    memory_stream first;   ///< One end.
    memory_stream second;  ///< The other; there is no difference.
};

/// Two pipes, one in each direction: `auto [client, server] = weft::memory_stream_pair();`.
/// Errors: `std::invalid_argument` for a capacity of 0.
/// Source: https://pkg.go.dev/net#Pipe
memory_stream_ends memory_stream_pair(std::size_t capacity = 64 * 1024);

}  // namespace weft
