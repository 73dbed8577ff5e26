#pragma once
// A worker's queue of woken and yielding fibers: first in, first out, bounded.
//
// The owner pushes without a lock. To take out is done under one, by the owner mostly, which then pays nothing for it; a
// thief takes half at once.
//
// Invariants: head_ <= tail_ <= head_ + capacity (as wrapping counters). Slots in [head_, tail_) are filled. Only the
//             owner writes tail_ and slots, only the holder of the lock writes head_; a slot is overwritten only after head_
//             has passed it.
// Lock order: the lock is a leaf.

#include <weft/detail/biased_lock.hpp>
#include <weft/detail/fiber_control.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

class run_ring {
public:
    static constexpr std::uint32_t capacity = 256;

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
        std::uint32_t const tail = tail_.load(std::memory_order_relaxed);
        if (head_.load(std::memory_order_relaxed) == tail) return nullptr;
        biased_guard guard(taking_);
        std::uint32_t const head = head_.load(std::memory_order_relaxed);
        if (head == tail) return nullptr;
        fiber_control* f = slots_[head % capacity].load(std::memory_order_relaxed);
        head_.store(head + 1, std::memory_order_release);
        taking_.count_use();
        return f;
    }

    /// Anybody: takes the older half of what is there, at most `most`, rounded up. Returns how many.
    std::uint32_t steal(fiber_control** into, std::uint32_t most) noexcept {
        biased_guard guard(taking_);
        std::uint32_t const head = head_.load(std::memory_order_relaxed);
        // Acquire: pairs with push; the slots up to tail are filled.
        std::uint32_t const size = tail_.load(std::memory_order_acquire) - head;
        std::uint32_t const half = size - size / 2;
        std::uint32_t const count = half < most ? half : most;
        for (std::uint32_t i = 0; i != count; ++i)
            into[i] = slots_[(head + i) % capacity].load(std::memory_order_relaxed);
        head_.store(head + count, std::memory_order_release);
        return count;
    }

    /// Anybody; a guess unless the owner asks.
    std::uint32_t size() const noexcept {
        std::uint32_t const head = head_.load(std::memory_order_acquire);
        std::uint32_t const size = tail_.load(std::memory_order_acquire) - head;
        return size > capacity ? capacity : size;
    }

private:
    alignas(cache_line_bytes) biased_lock taking_;
    std::atomic<std::uint32_t> head_{0};
    alignas(cache_line_bytes) std::atomic<std::uint32_t> tail_{0};
    std::atomic<fiber_control*> slots_[capacity] = {};
};

}  // namespace weft::detail
