#pragma once
// Where descriptors hand in what they want of an engine that completes requests (io_uring), and where they keep what has
// arrived before anybody asked for it. The engine picks requests up in its next poll; descriptors may outlive it.
//
// Invariants: a descriptor in the list stays open, because that counts as an operation in progress, as the request does; also
//             if the request that it wanted stopped ends before: its record must not begin another life in this list.
//             A piece belongs to the kernel, to one descriptor's arrivals, to whoever is
//             copying it, or is on its way back; only the engine gives pieces to the kernel.
//             Whenever the engine's owner sleeps and the list is not empty, it has been interrupted.
// Lock order: descriptor, then lock_, which is a leaf.

#include "system_table.hpp"

#include <weft/detail/poller.hpp>
#include <weft/detail/spin_lock.hpp>
#include <weft/detail/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weft::detail {

class claimed_waiters;
class descriptor;
struct ring_job;

/// Memory that the kernel fills with what arrives, in pieces of one size, lent to whoever has it next.
///
/// Thread safety: `put_back` from any thread; `take_returned` by one at a time; a piece's own fields by who has the piece.
class piece_store {
public:
    using index = std::uint32_t;
    static constexpr index none = 0xffff'ffff;

    struct piece {
        std::uint32_t begin = 0;  // what is left of it lies in [begin, end)
        std::uint32_t end = 0;
        std::atomic<index> next{none};  // in a descriptor's arrivals, or on the way back
    };

    /// Errors: `std::bad_alloc`.
    piece_store(std::uint32_t count, std::uint32_t piece_bytes);
    ~piece_store();
    piece_store(piece_store const&) = delete;

    piece& operator[](index i) noexcept { return pieces_[i]; }
    std::byte* memory(index i) const noexcept { return memory_ + std::size_t{i} * piece_bytes_; }
    std::uint32_t piece_bytes() const noexcept { return piece_bytes_; }
    std::uint32_t count() const noexcept { return count_; }

    void put_back(index i) noexcept {
        index top = returned_.load(std::memory_order_relaxed);
        // Release: who gave it back has read it; pairs with take_returned. All are taken at once, so that no index is
        // taken for an earlier one that is equal.
        do pieces_[i].next.store(top, std::memory_order_relaxed);
        while (!returned_.compare_exchange_weak(top, i, std::memory_order_release, std::memory_order_relaxed));
    }
    /// The first of the pieces that were put back, linked; `none` if there are none.
    index take_returned() noexcept {
        if (returned_.load(std::memory_order_relaxed) == none) return none;
        return returned_.exchange(none, std::memory_order_acquire);
    }

private:
    std::uint32_t const count_;
    std::uint32_t const piece_bytes_;
    std::unique_ptr<piece[]> const pieces_;
    std::byte* const memory_;  // mapped: touched by the kernel only, and only as far as it is used
    std::atomic<index> returned_{none};
};

/// Thread safety: all members, where they say nothing else.
class request_desk {
public:
    /// `owner` waits in the engine; it is compared, never used.
    /// Errors: `std::bad_alloc`; `std::system_error` when no descriptor is to be had for the interrupt.
    request_desk(poller const* owner, std::uint32_t pieces, std::uint32_t piece_bytes);
    ~request_desk();
    request_desk(request_desk const&) = delete;

    /// Under the lock of the descriptor, which is not in the list, and before the engine ends. True: the list was empty:
    /// `kick`, once no lock is held.
    bool hand_in(descriptor& d) noexcept;
    /// Has the engine look at the list soon.
    void kick() noexcept {
        if (current_poller() != owner_) interrupt();
    }

    /// By the engine: the oldest in the list, or null.
    descriptor* take() noexcept;

    /// The same for a file operation, whose sleeper is set.
    bool hand_in(ring_job& job) noexcept;
    /// By the fiber of a job that was handed in, when it was cancelled. True: `sleeper` will be woken when the job is done,
    /// and if `kick` is set the desk is to be kicked. False: it is done.
    bool stop(ring_job& job, wait_token sleeper, bool& kick) noexcept;
    /// By the engine: the oldest job that is to begin, or to be stopped if `stops` is set; null if there is none.
    ring_job* take_job(bool& stops, claimed_waiters& claimed) noexcept;
    /// By the engine.
    void complete(ring_job& job, int result, claimed_waiters& claimed) noexcept;

    void interrupt() noexcept;
    /// By the engine's owner. True: there was one since the last time.
    bool take_interrupt() noexcept { return interrupted_.exchange(false, std::memory_order_acq_rel); }
    /// By others, who took the event that should have ended the owner's sleep.
    void pass_interrupt_on() noexcept {
        if (interrupted_.load(std::memory_order_acquire)) signal();
    }
    /// What becomes readable, as an edge, with each interrupt.
    int event_number() const noexcept { return event_; }

    piece_store pieces;
    // Cleared by the engine, once, when the kernel turns out to lack the request.
    std::atomic<bool> receives{true};
    std::atomic<bool> accepts{true};

private:
    void signal() const noexcept;
    bool list(ring_job& job) noexcept WEFT_REQUIRES(lock_);
    void complete_locked(ring_job& job, int result, claimed_waiters& claimed) noexcept WEFT_REQUIRES(lock_);

    poller const* const owner_;
    int const event_;
    // Set by anybody before the signal, taken by the owner. Acquire and release: what was written before an interrupt is
    // seen by the poll that it ends.
    std::atomic<bool> interrupted_{false};
    spin_lock lock_;
    descriptor* first_ WEFT_GUARDED_BY(lock_) = nullptr;
    descriptor* last_ WEFT_GUARDED_BY(lock_) = nullptr;
    ring_job* first_job_ WEFT_GUARDED_BY(lock_) = nullptr;
    ring_job* last_job_ WEFT_GUARDED_BY(lock_) = nullptr;
};

}  // namespace weft::detail
