#pragma once
// A worker's fibers that have not started yet. The owner takes the newest, thieves the oldest.
//
// Depth first keeps few stacks alive: a tree of a million fibers then lives on a few dozen stacks instead of a million,
// and nearly every start finds a warm one.
//
// The owner pushes without a lock. To take out is done under one, by the owner mostly, which then pays nothing for it.
//
// Invariants: the fibers are [top_, bottom_). The owner writes bottom_ and replaces the buffer; who takes writes, under the
//             lock, top_ (thieves) or bottom_ (the owner); top_ only grows. An outgrown buffer is kept until the deque dies.
// Lock order: the lock is a leaf.
// Rejected:   the lock-free deque of Chase and Lev: a full fence for each fiber that its owner takes.

#include <weft/detail/atomic.hpp>
#include <weft/detail/biased_lock.hpp>
#include <weft/detail/fiber_control.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace weft::detail {

class spawn_deque {
public:
    /// `initial_capacity`: a power of two.
    explicit spawn_deque(std::int64_t initial_capacity = 256) {
        buffers_.push_back(std::make_unique<buffer>(initial_capacity));
        current_.store(buffers_.back().get(), std::memory_order_relaxed);
    }

    /// Owner: sees to it that one more can be pushed. Errors: `std::bad_alloc`; nothing changed.
    void make_room() {
        std::int64_t const bottom = bottom_.load(std::memory_order_relaxed);
        // Acquire: pairs with steal; the slot is free again.
        if (bottom - top_.load(std::memory_order_acquire) > current_.load(std::memory_order_relaxed)->mask) [[unlikely]]
            grow(bottom);
    }
    /// Owner, after `make_room`.
    void push(fiber_control& f) noexcept {
        std::int64_t const bottom = bottom_.load(std::memory_order_relaxed);
        current_.load(std::memory_order_relaxed)->put(bottom, &f);
        bottom_.store(bottom + 1, std::memory_order_release);
    }

    /// Owner. The newest, or null.
    fiber_control* pop() noexcept {
        std::int64_t const bottom = bottom_.load(std::memory_order_relaxed) - 1;
        if (bottom < top_.load(std::memory_order_relaxed)) return nullptr;
        biased_guard guard(taking_);
        if (bottom < top_.load(std::memory_order_relaxed)) return nullptr;
        bottom_.store(bottom, std::memory_order_release);
        taking_.count_use();
        return current_.load(std::memory_order_relaxed)->get(bottom);
    }

    /// Owner: gives the memory of a large buffer back to the kernel, if nothing is queued. A burst of a million leaves
    /// 16 MiB behind. Thieves find it empty before they look there.
    void give_back_memory() noexcept;

    /// Anybody. The oldest, or null.
    fiber_control* steal() noexcept {
        biased_guard guard(taking_);
        std::int64_t const top = top_.load(std::memory_order_relaxed);
        // Acquire: pairs with push; the slot is filled.
        if (top >= bottom_.load(std::memory_order_acquire)) return nullptr;
        fiber_control* f = current_.load(std::memory_order_acquire)->get(top);
        top_.store(top + 1, std::memory_order_release);
        return f;
    }

    /// Anybody; a guess unless the owner asks.
    std::int64_t size() const noexcept {
        std::int64_t const size = bottom_.load(std::memory_order_acquire) - top_.load(std::memory_order_acquire);
        return size < 0 ? 0 : size;
    }

private:
    static constexpr std::int64_t large = 1 << 16;  // fibers: half a megabyte

    struct buffer {
        explicit buffer(std::int64_t capacity)
            : mask(capacity - 1),
              slots(std::make_unique<atomic<fiber_control*>[]>(static_cast<std::size_t>(capacity))) {}
        void put(std::int64_t i, fiber_control* f) noexcept {
            slots[static_cast<std::size_t>(i & mask)].store(f, std::memory_order_relaxed);
        }
        fiber_control* get(std::int64_t i) const noexcept {
            return slots[static_cast<std::size_t>(i & mask)].load(std::memory_order_relaxed);
        }

        std::int64_t const mask;
        std::unique_ptr<atomic<fiber_control*>[]> slots;
    };

    void grow(std::int64_t bottom);

    alignas(cache_line_bytes) biased_lock taking_;
    atomic<std::int64_t> top_{0};
    alignas(cache_line_bytes) atomic<std::int64_t> bottom_{0};
    atomic<buffer*> current_;                       // release in grow, acquire in steal
    std::vector<std::unique_ptr<buffer>> buffers_;  // the owner's
    std::int64_t given_back_at_ = 0;                // the owner's: bottom_ when it gave memory back last
};

}  // namespace weft::detail
