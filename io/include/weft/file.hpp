#pragma once
#include <weft/clock.hpp>
#include <weft/metadata.hpp>
#include <weft/path_view.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace weft {

namespace detail {
class file_record;
}  // namespace detail

/// Files and directories. A call that may wait for a disk parks the calling fiber (or blocks the plain thread); its
/// worker runs others meanwhile. Inside `blocking` the calls are made at once: a batch of them there costs one trip off
/// the worker together.
///
/// Each call comes in two forms: one throws, the other reports through its `std::error_code&` and clears it on success.
/// Errors: `std::system_error` with the system's error number; messages name the path. In a cancelled fiber a call
/// that has not begun throws `cancelled`, or `deadline_exceeded`; with an `error_code&` it reports
/// `operation_canceled`, or `timed_out`. A call that has begun is finished and reports what it did, because the
/// system cannot take a call on a disk back.
namespace fs {

/// How to open a file.
struct open_options {
    /// Let it be read.
    bool read = false;
    /// Let it be written.
    bool write = false;
    /// Each write goes to the end of the file, wherever that is by then. Implies `write`.
    bool append = false;
    /// Make the file if it is not there.
    bool create = false;
    /// With `create`: fail with `file_exists` if it is there.
    bool exclusive = false;
    /// Throw the content away.
    bool truncate = false;
    /// Fail with `too_many_symbolic_link_levels` if the path is a symbolic link.
    bool no_follow = false;
    /// Opening a named pipe does not wait for its other end, and reading from it is `resource_unavailable_try_again`
    /// instead of waiting. Nothing changes for files.
    bool non_blocking = false;
    /// Of a file that is made; the process's mask is taken away.
    unsigned permissions = 0666;
};

/// Where `seek` counts from.
enum class seek_from : std::uint8_t {
    start,    ///< of the file
    current,  ///< the position
    end,      ///< of the file, as it is now
};

/// An open file. Move-only; closes when destroyed.
///
/// It has a position, which the streaming calls (`read_some`, `write_all`, …) use and move; they stand in line for
/// each other. `read_at` and `write_at` do not use it, and any number may run at the same time. What is in the
/// system's cache is read without leaving the worker; everything else is done by a thread of the blocking pool.
///
/// Named pipes, terminals and devices can be opened, too. Waiting for data there then occupies a thread of the
/// blocking pool, and neither `close` nor a cancellation ends that wait.
///
/// `file` is Lockable and SharedLockable: `std::unique_lock<fs::file>` works. The lock is on the whole file,
/// advisory, and belongs to this open file: others that the same process has opened are kept out as well.
///
/// Thread safety: any member from any fiber or thread at the same time, but to move, assign or destroy the object is
/// for one alone.
/// Errors: `operation_canceled` when the file was closed, by this program, before or during the call;
/// `bad_file_descriptor` on an object that holds no file, or was not opened for that.
class file {
public:
    /// Holds no file.
    file() noexcept;
    /// Takes the file over; operations in progress go on.
    file(file&& other) noexcept;
    /// Closes the file held so far, and takes the other's over.
    file& operator=(file&& other) noexcept;
    ~file();

    /// Opens a file; close-on-exec, and never as the controlling terminal.
    /// Blocks: until it is open. Opening a named pipe waits for its other end on a thread of the blocking pool.
    /// Errors: `std::system_error`; `invalid_argument` for options without `read` and `write`, and for a NUL in the
    /// path.
    static file open(path_view path, open_options const& options);
    /// The same; a failure is reported in `ec`.
    static file open(path_view path, open_options const& options, std::error_code& ec);

    /// Takes over an open descriptor, which is closed with the object.
    static file from_native(int fd);

    /// Fills the buffer from `offset` on; less only at the end of the file.
    /// Blocks: until the data is there.
    /// Errors: what was read before a failure is in the buffer; the `error_code&` form returns how much.
    std::size_t read_at(std::span<std::byte> buffer, std::uint64_t offset);
    /// The same; a failure is reported in `ec`.
    std::size_t read_at(std::span<std::byte> buffer, std::uint64_t offset, std::error_code& ec);

    /// Writes the whole buffer from `offset` on; in a file opened to append, at its end instead.
    /// Blocks: until the system has taken it, which is before it is on the disk: see `sync`.
    /// Errors: the message says how many bytes were written before the failure; the `error_code&` form returns it.
    std::size_t write_at(std::span<std::byte const> buffer, std::uint64_t offset);
    /// The same; a failure is reported in `ec`.
    std::size_t write_at(std::span<std::byte const> buffer, std::uint64_t offset, std::error_code& ec);

    /// Reads at the position: at least one byte, as many as the system gives at once; 0 at the end of the file.
    /// Blocks: until there is data, and while another call uses the position.
    std::size_t read_some(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t read_some(std::span<std::byte> buffer, std::error_code& ec);

    /// Fills the buffer; less only at the end of the file. As a unit: no other streaming call comes between.
    /// Blocks: as `read_some`.
    /// Errors: what was read before a failure is in the buffer; the `error_code&` form returns how much.
    std::size_t read_exact(std::span<std::byte> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t read_exact(std::span<std::byte> buffer, std::error_code& ec);

    /// Writes at the position, at least one byte, and returns how many.
    /// Blocks: until the system has taken them, and while another call uses the position.
    std::size_t write_some(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t write_some(std::span<std::byte const> buffer, std::error_code& ec);

    /// Writes all bytes, as a unit: no other streaming call comes between. Returns their number.
    /// Blocks: as `write_some`.
    /// Errors: the message says how many bytes were written before the failure; the `error_code&` form returns it.
    std::size_t write_all(std::span<std::byte const> buffer);
    /// The same; a failure is reported in `ec`.
    std::size_t write_all(std::span<std::byte const> buffer, std::error_code& ec);

    /// Moves the position, which may be behind the end, and returns it, counted from the start.
    /// Blocks: while another call uses the position.
    /// Errors: `invalid_argument` before the start, `invalid_seek` for what has no position.
    std::uint64_t seek(std::int64_t offset, seek_from from = seek_from::start);
    /// The same; a failure is reported in `ec`.
    std::uint64_t seek(std::int64_t offset, seek_from from, std::error_code& ec);
    /// The position.
    std::uint64_t tell();

    /// Waits until content and metadata are on the disk.
    void sync();
    /// The same; a failure is reported in `ec`.
    void sync(std::error_code& ec);
    /// Waits until the content is on the disk, and what is needed to read it.
    void sync_data();
    /// The same; a failure is reported in `ec`.
    void sync_data(std::error_code& ec);

    /// Cuts the file off at `size`, or extends it with zeros. The position stays.
    void truncate(std::uint64_t size);
    /// The same; a failure is reported in `ec`.
    void truncate(std::uint64_t size, std::error_code& ec);

    /// What the system knows about the file.
    metadata status();
    /// The same; a failure is reported in `ec`.
    metadata status(std::error_code& ec);
    /// The size in bytes.
    std::uint64_t size();
    /// The same; a failure is reported in `ec`.
    std::uint64_t size(std::error_code& ec);

    /// Locks the file for this object alone. A share that it holds is given up first.
    /// Blocks: until nobody else holds a lock. The system tells nobody when that is: the fiber asks again and again,
    /// less and less often, at last every 20 ms.
    /// Source: flock(2)
    void lock();
    /// True: locked. Never waits for another holder.
    bool try_lock();
    /// True: locked; false: not until `t`.
    bool try_lock_until(clock::time_point t);
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool try_lock_for(std::chrono::duration<Rep, Period> d) {
        return try_lock_until(detail::deadline_after(d));
    }
    /// Locks the file against `lock`; many can hold a share.
    /// Blocks: as `lock`.
    void lock_shared();
    /// True: the share is held. Never waits for another holder.
    bool try_lock_shared();
    /// True: the share is held; false: not until `t`.
    bool try_lock_shared_until(clock::time_point t);
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool try_lock_shared_for(std::chrono::duration<Rep, Period> d) {
        return try_lock_shared_until(detail::deadline_after(d));
    }
    /// Gives up whichever lock this object holds. Closing does so, too, and then this does nothing.
    /// Blocks: as any call on a file; not a point of cancellation.
    void unlock() noexcept;
    /// The same.
    void unlock_shared() noexcept;

    /// The calls in progress end, calls that wait for their turn fail with `operation_canceled`, and the file is
    /// closed. Closing again does nothing. What the disk failed to take can be learned from `sync` before.
    /// Blocks: until the calls in progress have ended; not a point of cancellation.
    void close() noexcept;
    /// The same; what the system reports, as network file systems do, is in `ec`.
    void close(std::error_code& ec) noexcept;
    /// Holds a file that has not been closed.
    bool is_open() const noexcept;
    /// The descriptor, which stays this object's, or -1.
    int native_handle() const noexcept;

private:
    file(int fd, bool written);
    static file adopt(int fd, bool written);
    bool lock_until(int how, clock::time_point t, char const* what);

    std::unique_ptr<detail::file_record> record_;
};

/// Opens a file for reading.
/// Blocks: as `file::open`.
/// Errors: as `file::open`.
file open(path_view path);
/// The same; a failure is reported in `ec`.
file open(path_view path, std::error_code& ec);

/// Opens a file for reading and writing, made if it is not there, emptied if it is.
/// Blocks: as `file::open`.
/// Errors: as `file::open`.
file create(path_view path);
/// The same; a failure is reported in `ec`.
file create(path_view path, std::error_code& ec);

/// The whole content of a file. One trip off the worker, however many system calls that takes.
/// Blocks: until it is read.
/// Errors: `std::system_error`.
std::string read_file(path_view path);
/// The same; a failure is reported in `ec`, and the text is empty.
std::string read_file(path_view path, std::error_code& ec);

/// Makes the file if it is not there, and makes `content` its whole content. A failure leaves a part of it: see
/// `write_file_atomically`.
/// Blocks: until the system has taken it, which is before it is on the disk.
/// Errors: `std::system_error`.
void write_file(path_view path, std::span<std::byte const> content);
/// The same; a failure is reported in `ec`.
void write_file(path_view path, std::span<std::byte const> content, std::error_code& ec);
/// The same for text.
void write_file(path_view path, std::string_view content);
/// The same for text; a failure is reported in `ec`.
void write_file(path_view path, std::string_view content, std::error_code& ec);

}  // namespace fs

}  // namespace weft
