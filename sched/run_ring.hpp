#pragma once
// A worker's queue of woken and yielding fibers: first in, first out, bounded.
//
// The owner pushes; the owner and thieves pop by compare-and-swap on `head_`. A thief copies half, then moves `head_`
// past it: if that fails nothing was taken.
//
// Invariants: head_ <= tail_ <= head_ + capacity (as wrapping counters). Slots in [head_, tail_) are filled. Only the
//             owner writes tail_ and slots; a slot is overwritten only after head_ has passed it.

#include <weft/detail/atomic.hpp>
#include <weft/detail/fiber_control.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

template <std::uint32_t Capacity>
class basic_run_ring {
public:
    static constexpr std::uint32_t capacity = Capacity;

    /// Owner. False: full.
    bool push(fiber_control& f) noexcept {
        std::uint32_t const tail = tail_.load(std::memory_order_relaxed);
        // Acquire: pairs with the pops; the slot's old content has been read.
        if (tail - head_.load(std::memory_order_acquire) == capacity) return false;
        slots_[tail % capacity].store(&f, std::memory_order_relaxed);
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    /// Owner. The oldest, or null.
    fiber_control* pop() noexcept {
        std::uint32_t head = head_.load(std::memory_order_relaxed);
        for (;;) {
            if (head == tail_.load(std::memory_order_relaxed)) return nullptr;
            fiber_control* f = slots_[head % capacity].load(std::memory_order_relaxed);
            if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_relaxed))
                return f;
        }
    }

    /// Anybody but the owner: takes the older half of what is there, at most `most`, rounded up. Returns how many.
    std::uint32_t steal(fiber_control** into, std::uint32_t most) noexcept {
        std::uint32_t head = head_.load(std::memory_order_acquire);
        for (;;) {
            // Acquire: pairs with push; the slots up to tail are filled.
            std::uint32_t const size = tail_.load(std::memory_order_acquire) - head;
            if (size == 0) return 0;
            if (size > capacity) {  // head moved on between the two loads
                head = head_.load(std::memory_order_acquire);
                continue;
            }
            std::uint32_t const half = size - size / 2;
            std::uint32_t const count = half < most ? half : most;
            for (std::uint32_t i = 0; i != count; ++i)
                into[i] = slots_[(head + i) % capacity].load(std::memory_order_relaxed);
            if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel, std::memory_order_acquire))
                return count;
        }
    }

    /// Anybody; a guess unless the owner asks.
    std::uint32_t size() const noexcept {
        std::uint32_t const head = head_.load(std::memory_order_acquire);
        std::uint32_t const size = tail_.load(std::memory_order_acquire) - head;
        return size > capacity ? capacity : size;
    }

private:
    alignas(cache_line_bytes) atomic<std::uint32_t> head_{0};
    alignas(cache_line_bytes) atomic<std::uint32_t> tail_{0};
    atomic<fiber_control*> slots_[capacity] = {};
};

using run_ring = basic_run_ring<256>;

}  // namespace weft::detail
