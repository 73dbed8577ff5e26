#pragma once
// A socket that fibers wait for: the readiness of its two directions, their deadlines, and when its number may be
// closed.
//
// Each direction is used by one operation at a time, its turn; the others stand in line. An operation clears `ready`,
// tries the system call, and sleeps only if the call would block and `ready` has not been set since: no edge can be
// lost between the two.
//
//     operation          taken, clear ready, call ... would block: sleep in `waiting` until an event, then again
//     event              sets ready, wakes `waiting`
//     end of operation   hands the turn to the first in line
//
// Invariants: the number is closed only when `closed_` and no operation is in progress, so that it never means another
//             file under a running system call. Once closed_, no operation begins.
//             turn_taken <=> one operation owns the direction, or has been handed it and is waking up.
//             Records are never freed, and the generation grows whenever one is given back: a stale event finds
//             nothing.
// Lock order: lock_ is a leaf. Waits are claimed under it and delivered after it.
// Rejected:   re-arming one-shot events: a system call per wait. A lock per direction: close and events need both.

#include "readiness_list.hpp"
#include "readiness_poller.hpp"
#include "socket_calls.hpp"

#include <weft/clock.hpp>
#include <weft/detail/spin_lock.hpp>
#include <weft/detail/wait.hpp>

#include <cstdint>
#include <memory>

namespace weft::detail {

/// What the kernel says has changed.
struct readiness {
    bool readable = false;
    bool writable = false;
    // Behind the bytes there may be the end of the stream, an error or urgent data, which arrived with the same edge.
    bool more_than_bytes = false;
};

/// What is behind a descriptor, where that matters.
enum class descriptor_kind : std::uint8_t {
    tcp,      // a short read means that the stream is empty
    socket,   // unix streams end a read at every message that carries descriptors or credentials; datagrams
    file,     // pipes, terminals and whatever else has readiness: `read` and `write`
    on_disk,  // has no readiness and may block: its calls are made by the blocking pool
    shared,   // a copy of a number that somebody else uses: waited for, never read or written
    // The same, read and written, but set to block if the others want that: no call relies on the setting, or changes it.
    shared_socket,
    shared_file
};

/// Its open file may outlive its number.
constexpr bool is_shared(descriptor_kind kind) noexcept { return kind >= descriptor_kind::shared; }

class descriptor {
public:
    explicit descriptor(std::uint32_t index) noexcept : index_(index) {}
    descriptor(descriptor const&) = delete;

    /// A record for `fd`, watched by `by`. It owns `fd` from now on, also if this throws.
    /// Errors: `std::system_error`, `std::bad_alloc`.
    static descriptor& open(int fd, readiness_poller& by, descriptor_kind kind);
    descriptor_kind kind() const noexcept;

    /// Fails what is in progress with `operation_canceled`, waits until it has ended, and closes the number. Once
    /// closed, does nothing.
    /// Blocks: until the operations in progress are over; not a point of cancellation.
    void close() noexcept;

    /// Closes it and gives the record back.
    void release() noexcept;

    bool is_open() const noexcept;
    /// Events can still come: it is open, and its poller has not ended.
    bool can_wait() const noexcept;
    /// -1 once closed. For showing to others; weft itself uses `call`.
    int number() const noexcept;

    /// `call(number)`, a `call_result` that never blocks; the number stays open meanwhile. ECANCELED once closed.
    template <class Call>
    call_result call(Call const& make) noexcept {
        int const fd = begin_use();
        if (fd < 0) return {0, ECANCELED};
        call_result const result = make(fd);
        end_use();
        return result;
    }

    void set_deadline(direction way, clock::time_point deadline) noexcept;

    /// Links `w` until readiness or close unlinks it. False: it is ready already, or closed; then nothing is linked.
    bool link(direction way, readiness_waiter& w) noexcept;
    /// Undoes a `link` that returned true.
    void unlink(direction way, readiness_waiter& w) noexcept;
    /// Whether an operation would not have to wait.
    bool is_ready(direction way) noexcept;

    /// By the poller, with the key that the descriptor was registered under.
    static void event(std::uint64_t key, readiness what, ready_list& ready) noexcept;
    /// By the end of a poller: nobody shall wait for events that cannot come.
    static void abandon_all(watch const& ended) noexcept;

private:
    friend class operation;
    friend class descriptor_pool;

    struct half {
        bool ready = true;  // a call may succeed: set by events and by operations, cleared before each call
        bool turn_taken = false;
        clock::time_point deadline = clock::time_point::max();
        readiness_list waiting;  // for readiness: the operation whose turn it is, and selects
        readiness_list line;     // for the turn
    };

    half& at(direction way) noexcept WEFT_REQUIRES(lock_) { return halves_[way == direction::write]; }
    std::uint64_t key() const noexcept WEFT_REQUIRES(lock_) { return std::uint64_t{generation_} << 32 | index_; }
    struct unused {
        int fd = -1;                     // to be closed by the caller, unless negative
        std::shared_ptr<watch> to_tell;  // set if the poller must be told first
    };
    unused wait_until_unused() noexcept;
    int begin_use() noexcept;
    void end_use() noexcept;
    void wake_all(claimed_waiters& claimed) noexcept WEFT_REQUIRES(lock_);
    void end_operation(claimed_waiters& claimed) noexcept WEFT_REQUIRES(lock_);

    mutable spin_lock lock_;
    std::uint32_t const index_;
    std::uint32_t generation_ WEFT_GUARDED_BY(lock_) = 0;
    int fd_ WEFT_GUARDED_BY(lock_) = -1;
    std::uint32_t operations_ WEFT_GUARDED_BY(lock_) = 0;  // in progress, and selects
    bool closed_ WEFT_GUARDED_BY(lock_) = true;
    descriptor_kind kind_ WEFT_GUARDED_BY(lock_) = descriptor_kind::tcp;
    bool short_read_drains_ WEFT_GUARDED_BY(lock_) = false;  // else it says nothing about the next
    half halves_[2] WEFT_GUARDED_BY(lock_);
    readiness_list closers_ WEFT_GUARDED_BY(lock_);
    std::shared_ptr<watch> watch_ WEFT_GUARDED_BY(lock_);
    descriptor* next_free_ = nullptr;  // the pool's
};

}  // namespace weft::detail
