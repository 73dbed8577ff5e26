#pragma once
// What the two ends of a pipe in memory share: a ring of bytes, and per end whose turn it is.
//
// An operation takes the turn of its end and keeps it until it is over, so that it acts as a unit; the others of that
// end wait. Whoever changes what the other end waits for wakes all of it: there is one with the turn, and those behind
// it look and sleep again.
//
// Invariants: held_ <= capacity_. An end's `busy` <=> one of its operations has the turn. `closed` never becomes false.
//             Everything is guarded by lock_; no operation sleeps with it.
// Lock order: lock_ is a leaf.
// Rejected:   a channel of bytes or of blocks: a deadline that moves must reach the operation in progress, and a read takes
//             whatever is there. Go's rendezvous without a buffer: every write would be two switches.

#include "failure.hpp"

#include <weft/clock.hpp>
#include <weft/condition_variable.hpp>
#include <weft/mutex.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>

namespace weft::detail {

class pipe_state {
public:
    enum class end : bool { reading, writing };

    explicit pipe_state(std::size_t capacity);

    /// Reads once, or with `fill` until the buffer is full. 0 bytes without an error: the end of the stream.
    outcome read(std::span<std::byte> buffer, bool fill);
    /// Writes once, or with `everything` until all is in the pipe.
    outcome write(std::span<std::byte const> buffer, bool everything);

    void set_deadline(end which, clock::time_point t);
    void close(end which);
    bool is_open(end which) const;

private:
    struct side {
        bool busy = false;
        bool closed = false;
        clock::time_point deadline = clock::time_point::max();
        condition_variable changed;
    };
    class turn;

    template <class Ready>
    static int wait(std::unique_lock<mutex>& held, side& mine, Ready const& ready);
    template <class Step>
    outcome operate(side& mine, std::size_t wanted, bool all, Step const& step);
    side& at(end which) noexcept { return which == end::reading ? reading_ : writing_; }
    std::size_t take(std::span<std::byte> to) noexcept;
    std::size_t put(std::span<std::byte const> from) noexcept;

    std::size_t const capacity_;
    std::unique_ptr<std::byte[]> const memory_;
    mutable mutex lock_;
    side reading_;
    side writing_;
    std::size_t first_ = 0;
    std::size_t held_ = 0;
};

}  // namespace weft::detail
