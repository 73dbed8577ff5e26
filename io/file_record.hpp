#pragma once
// An open file behind `fs::file`: how long its number stays open, and whose turn it is at its position.
//
// Invariants: the number is closed only when `closed_` and no operation is in progress, so that it never means
//             another file under a running call. Once closed_, no operation begins. The position is the system's, in
//             the open file, so that appending, devices and whoever shares the number (a child process, a C library)
//             see the same. Whoever uses it holds `turn_`, the only permit.
// Lock order: lock_ is a leaf. Waits are claimed under it and delivered after it.
// Rejected:   a position of our own with positional calls only: an appending file and one that cannot seek have none.

#include "file_operation.hpp"
#include "readiness_list.hpp"

#include <weft/detail/spin_lock.hpp>
#include <weft/detail/wait.hpp>
#include <weft/semaphore.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weft::detail {

class file_record {
public:
    /// Owns `fd` from now on. `written`: that closing it may have to write what is still buffered somewhere.
    file_record(int fd, bool written) noexcept : written_(written), fd_(fd) {}
    file_record(file_record const&) = delete;
    ~file_record();

    /// A use of the number, which stays open meanwhile.
    class use {
    public:
        explicit use(file_record* file) noexcept : file_(file), fd_(file == nullptr ? -1 : file->begin_use()) {}
        use(use const&) = delete;
        ~use() {
            if (fd_ >= 0) file_->end_use();
        }
        /// EBADF without a file, ECANCELED once it is closed; else 0.
        int error() const noexcept {
            if (file_ == nullptr) return EBADF;
            return fd_ < 0 ? ECANCELED : 0;
        }
        int fd() const noexcept { return fd_; }

    private:
        file_record* const file_;
        int const fd_;
    };

    /// Reads once, or with `fill` until the buffer is full or the file ends. `at` may be `file_request::at_position`:
    /// then the caller has the turn. `file` may be null, which is EBADF.
    static outcome read(file_record* file, std::span<std::byte> buffer, std::uint64_t at, bool fill);
    /// Writes once, or with `everything` until all is written.
    static outcome write(file_record* file, std::span<std::byte const> buffer, std::uint64_t at, bool everything);
    /// Has another request made with the file's number.
    static outcome perform(file_record* file, file_request request);
    /// `call(number)`, which returns a `call_result`, off the worker, while nobody else uses the position.
    template <class Call>
    static outcome with_position(file_record* file, Call const& call);

    /// Locks the whole file as `flock` does. EWOULDBLOCK: somebody else has it, also at `deadline`.
    /// Blocks: until it is locked.
    static outcome lock(file_record* file, int how, clock::time_point deadline);
    /// Gives the lock up, whatever has become of the fiber. Once closed there is none.
    static void unlock(file_record* file) noexcept;

    /// Lets no operation begin, waits until those in progress have ended, and closes the number. An errno value: what
    /// the system could not write any more.
    /// Blocks: until they have ended; not a point of cancellation.
    int close() noexcept;

    bool is_open() const noexcept;
    int number() const noexcept;

private:
    int begin_use() noexcept;
    void end_use() noexcept;
    int wait_until_unused() noexcept;
    outcome nap(clock::time_point until) noexcept;
    outcome read_once(int fd, std::span<std::byte> buffer, std::uint64_t at);

    bool const written_;
    // Whether a read of what is in the page cache can be tried without leaving the worker. Relaxed: only a hint,
    // cleared by the first reader that learns otherwise.
    std::atomic<bool> tries_cache_{true};
    counting_semaphore turn_{1};

    mutable spin_lock lock_;
    int fd_ WEFT_GUARDED_BY(lock_);
    std::uint32_t operations_ WEFT_GUARDED_BY(lock_) = 0;
    bool closed_ WEFT_GUARDED_BY(lock_) = false;
    readiness_list closers_ WEFT_GUARDED_BY(lock_);
    readiness_list napping_ WEFT_GUARDED_BY(lock_);  // between two attempts to lock
};

/// The turn at a file's position, for the requests that use it.
class position_turn {
public:
    position_turn(counting_semaphore& turn, std::uint64_t at);
    position_turn(position_turn const&) = delete;
    ~position_turn() {
        if (turn_ != nullptr) turn_->release();
    }
    /// Why there is no turn.
    outcome const& failure() const noexcept { return failure_; }

private:
    counting_semaphore* turn_ = nullptr;
    outcome failure_;
};

template <class Call>
outcome file_record::with_position(file_record* file, Call const& call) {
    use const mine(file);
    if (mine.error() != 0) return {0, mine.error()};
    position_turn const turn(file->turn_, file_request::at_position);
    if (turn.failure().error != 0) return turn.failure();
    if (!file->is_open()) return {0, ECANCELED};
    return off_worker([&] { return call(mine.fd()); });
}

}  // namespace weft::detail
