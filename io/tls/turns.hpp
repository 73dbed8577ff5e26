#pragma once
// Whose turn it is to shake hands, to read and to write, and when a connection is used by nobody any more.
//
// Invariants: a way that is taken belongs to one operation; the others stand in line until it is given back, their deadline
//             passes, or they are cancelled.
//             Once closed_, no operation begins and none gets a turn. users_ counts the operations between begin and end, and
//             the one that closes. Who makes it 0 touches nothing any more once it has released lock_: then this may be destroyed.
// Lock order: lock_ is a leaf; nobody parks with it, except in changed_, which releases it.

#include <weft/clock.hpp>
#include <weft/condition_variable.hpp>
#include <weft/mutex.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <system_error>

namespace weft::detail {

enum class tls_way : std::size_t { handshake, read, write };

class tls_turns {
public:
    /// False: closed. Else whoever has begun ends.
    bool begin();
    void end();

    /// Blocks: until it is the caller's turn.
    /// Errors: `timed_out`, `operation_canceled`.
    std::error_code take(tls_way way);
    bool try_take(tls_way way);
    void give(tls_way way);

    /// For a writer that has to hear from the peer first, while somebody else reads.
    void note_input();
    std::uint64_t inputs();
    /// Blocks: until there are more inputs than `seen`, or nobody reads any more.
    /// Errors: as `take(tls_way::write)`.
    std::error_code wait_for_input(std::uint64_t seen);

    /// For those in line; a handshake's is the earlier of the two.
    void set_deadline(tls_way way, clock::time_point t);
    clock::time_point deadline(tls_way way);

    bool is_open();
    /// Sends those in line away. False: closed before. Else whoever has closed it ends with `end_close`.
    bool begin_close();
    /// Blocks: until all operations have ended; not a point of cancellation.
    void end_close();
    /// Blocks: until whoever has closed it is done.
    void wait_until_closed();

private:
    struct turn {
        bool taken = false;
        clock::time_point deadline = clock::time_point::max();
    };
    turn& at(tls_way way) noexcept { return turns_.at(static_cast<std::size_t>(way)); }
    template <class Ready>
    std::error_code wait(turn const& mine, Ready const& ready);

    mutex lock_;
    condition_variable changed_;
    // Guarded by lock_.
    bool closed_ = false;
    std::size_t users_ = 0;
    std::uint64_t inputs_ = 0;
    std::array<turn, 3> turns_;
};

/// From a begin to its end.
class tls_use {
public:
    explicit tls_use(tls_turns& turns) : turns_(turns), begun_(turns.begin()) {}
    tls_use(tls_use const&) = delete;
    ~tls_use() {
        if (begun_) turns_.end();
    }
    bool begun() const noexcept { return begun_; }

private:
    tls_turns& turns_;
    bool const begun_;
};

/// From a take to its give.
class tls_turn {
public:
    tls_turn(tls_turns& turns, tls_way way) : turns_(turns), way_(way), refused_(turns.take(way)) {}
    /// Only if nobody has it.
    tls_turn(tls_turns& turns, tls_way way, std::try_to_lock_t /*how*/)
        : turns_(turns),
          way_(way),
          refused_(turns.try_take(way) ? std::error_code() : std::make_error_code(std::errc::device_or_resource_busy)) {
    }
    tls_turn(tls_turn const&) = delete;
    ~tls_turn() {
        if (!refused_) turns_.give(way_);
    }
    std::error_code const& refused() const noexcept { return refused_; }

private:
    tls_turns& turns_;
    tls_way const way_;
    std::error_code const refused_;
};

}  // namespace weft::detail
