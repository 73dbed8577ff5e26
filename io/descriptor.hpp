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
// An engine that completes requests (see request_desk.hpp) is asked before anybody sleeps, once for all who will:
//
//     ask                hands in a request: that bytes be received, or connections accepted, as they come, or that readiness
//                        be reported. It goes on until it ends for a reason of its own.
//     completion         adds to the arrivals, and is an event
//     last completion    nothing is asked for any more: the next operation makes its call itself, and asks if it would block.
//                        Only for selects that go on waiting, because it was another's call that it ended for, it is asked at once.
//
// So a call is made only while no request could be taking what it would take, and after the arrivals are used up: bytes keep
// their order, whatever ends a request (no buffer is left, the stream has ended, too much has arrived) loses none, and a
// reader that gives up leaves them to the next.
//
// Invariants: a request is in progress from `ask` to its last completion and counts as an operation.
//             the number is closed only when `closed_` and no operation is in progress, so that it never means another
//             file under a running system call. Once closed_, no operation begins. Closing it counts as one: however many
//             close, each returns after it, and whoever is woken may release the record while they are still at it.
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
#include <optional>

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
    tcp,  // a short read means that the stream is empty
    tcp_listener,
    socket,   // unix streams end a read at every message that carries descriptors or credentials; datagrams
    file,     // pipes, terminals and whatever else has readiness: `read` and `write`
    on_disk,  // has no readiness and may block: its calls are made by the blocking pool
    watched,  // a copy of a number that somebody else uses: waited for, never read or written
    // The same, read and written, but set to block if the others want that: no call relies on the setting, or changes it.
    shared_socket,
    shared_file
};

/// Its open file may outlive its number.
constexpr bool is_shared(descriptor_kind kind) noexcept { return kind >= descriptor_kind::watched; }

/// What a direction asks for. The kernel takes bytes and connections out of the socket before a reader comes.
enum class request_shape : std::uint8_t { readiness, bytes, connections };

/// The low bits of what names a request to the kernel. Names of other things have none of the first.
namespace request_name {
inline constexpr std::uint64_t of_descriptor = 4;
inline constexpr std::uint64_t stop = 2;  // the request to stop another
inline constexpr std::uint64_t write = 1;
}  // namespace request_name

/// News of a request.
struct completion {
    int result = 0;        // as of the system call, failures as negative errno values
    bool goes_on = false;  // more will come
    piece_store::index piece = piece_store::none;
};

class descriptor {
public:
    explicit descriptor(std::uint32_t index) noexcept : index_(index) {}
    descriptor(descriptor const&) = delete;

    /// A record for `fd`, watched by `by`. It owns `fd` from now on, also if this throws.
    /// Errors: `std::system_error`, `std::bad_alloc`.
    static descriptor& open(int fd, readiness_poller& by, descriptor_kind kind);
    descriptor_kind kind() const noexcept { return kind_; }

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
    /// Of both directions, at once: whoever is woken may release the record.
    void set_deadlines(clock::time_point deadline) noexcept;

    /// Links `w` until readiness or close unlinks it. False: it is ready already, or closed; then nothing is linked.
    bool link(direction way, readiness_waiter& w) noexcept;
    /// Undoes a `link` that returned true.
    void unlink(direction way, readiness_waiter& w) noexcept;
    /// Whether an operation would not have to wait.
    bool is_ready(direction way) noexcept;

    /// Bytes of a TCP stream that have arrived, at most `bytes`, or how the request for them ended; EAGAIN while it goes on.
    /// Nothing: the caller is to receive by itself. By an operation whose turn it is.
    std::optional<call_result> take_bytes(std::byte* to, std::size_t bytes) noexcept {
        if (desk_ == nullptr) return {};
        return take_arrived_bytes(to, bytes);
    }
    /// The same for the number of a connection.
    std::optional<call_result> take_connection() noexcept;

    /// What the engine is to do for a descriptor that asked.
    struct order {
        enum class kind : std::uint8_t { nothing, begin, stop };
        kind what = kind::nothing;
        request_shape shape = request_shape::readiness;
        int fd = -1;
        std::uint64_t name = 0;
    };
    /// By the engine, about one that it took from the desk.
    void collect_orders(order (&orders)[2], claimed_waiters& claimed) noexcept;
    /// By the engine, with the name of the order, in the order of the completions. True: it has to look at the desk again.
    static bool completed(std::uint64_t name, completion c, claimed_waiters& claimed) noexcept;
    /// A stop came to nothing: the request was about to complete. It is stopped again if it still goes on. True: as above.
    static bool stop_failed(std::uint64_t name) noexcept;

    /// By the poller, with the key that the descriptor was registered under.
    static void event(std::uint64_t key, readiness what, ready_list& ready) noexcept;
    /// By the end of a poller: nobody shall wait for events that cannot come.
    static void abandon_all(watch const& ended) noexcept;

private:
    friend class operation;
    friend class descriptor_pool;
    friend class request_desk;

    enum class request_state : std::uint8_t { none, asked, in_progress };

    struct half {
        bool ready = true;  // a call may succeed: set by events and by operations, cleared before each call
        bool turn_taken = false;
        clock::time_point deadline = clock::time_point::max();
        readiness_list waiting;  // for readiness: the operation whose turn it is, and selects
        readiness_list line;     // for the turn

        request_state request = request_state::none;
        request_shape shape = request_shape::readiness;
        bool stop = false;       // the request is to end
        bool stop_sent = false;  // and the kernel knows
        bool request_failed = false;
    };

    // What was received before a reader came: pieces and then perhaps an error, or connections, linked through records that
    // have only a number.
    struct arrivals {
        piece_store::index first = piece_store::none;
        piece_store::index last = piece_store::none;
        descriptor* first_connection = nullptr;
        descriptor* last_connection = nullptr;
        std::uint32_t count = 0;
        int error = 0;

        bool empty() const noexcept { return count == 0 && error == 0; }
    };

    half& at(direction way) noexcept WEFT_REQUIRES(lock_) { return halves_[way == direction::write]; }
    std::uint64_t key() const noexcept WEFT_REQUIRES(lock_) { return std::uint64_t{generation_} << 32 | index_; }
    struct unused {
        int fd = -1;                       // to be closed by the caller, unless negative
        std::shared_ptr<watch> to_tell{};  // set if the poller must be told first
        arrivals arrived{};                // to be dropped
    };
    std::uint64_t name_of_request(direction way) const noexcept WEFT_REQUIRES(lock_);
    static descriptor& named(std::uint64_t name) noexcept;
    bool ask(direction way, request_shape shape) noexcept WEFT_REQUIRES(lock_);
    bool stop_request(direction way) noexcept WEFT_REQUIRES(lock_);
    bool hand_in() noexcept WEFT_REQUIRES(lock_);
    bool end_request(direction way, claimed_waiters& claimed) noexcept WEFT_REQUIRES(lock_);
    int add_arrival(half& h, completion const& c, descriptor* spare) noexcept WEFT_REQUIRES(lock_);
    std::optional<call_result> nothing_arrived(request_shape shape) noexcept WEFT_REQUIRES(lock_);
    void drop(arrivals const& all) noexcept;
    std::optional<call_result> take_arrived_bytes(std::byte* to, std::size_t bytes) noexcept;
    bool has_arrivals() const noexcept;
    request_shape shape_of(direction way) const noexcept WEFT_REQUIRES(lock_);
    unused wait_until_unused(std::uint32_t life) noexcept;
    void move_deadline(half& h, clock::time_point deadline, claimed_waiters& claimed) noexcept WEFT_REQUIRES(lock_);
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
    descriptor_kind kind_ = descriptor_kind::tcp;            // set while nobody else knows the record
    bool short_read_drains_ WEFT_GUARDED_BY(lock_) = false;  // else it says nothing about the next
    half halves_[2] WEFT_GUARDED_BY(lock_);
    readiness_list closers_ WEFT_GUARDED_BY(lock_);
    std::shared_ptr<watch> watch_ WEFT_GUARDED_BY(lock_);
    request_desk* desk_ = nullptr;  // the watch's; set while nobody else knows the record
    arrivals arrived_ WEFT_GUARDED_BY(lock_);
    bool asking_ WEFT_GUARDED_BY(lock_) = false;  // in the desk's list
    descriptor* next_asking_ = nullptr;           // the desk's
    int number_in_waiting_ = -1;                  // of a connection that nobody has accepted yet
    descriptor* next_free_ = nullptr;             // the pool's, or the listener's that a connection waits in
};

}  // namespace weft::detail
