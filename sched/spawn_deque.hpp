#pragma once
// A worker's fibers that have not started yet. The owner takes the newest, thieves the oldest.
//
// Depth first keeps few stacks alive: a tree of a million fibers then lives on a few dozen stacks instead of a million,
// and nearly every start finds a warm one.
//
// The deque of Chase and Lev, with sequentially consistent accesses where the original has fences.
// Invariants: the fibers are [top_, bottom_). Only the owner writes bottom_ and replaces the buffer; top_ only grows.
//             The last fiber goes to whoever moves top_. An outgrown buffer is kept until the deque dies: a thief may
//             still read it.
// Source:     Le, Pop, Cohen, Zappa Nardelli: Correct and Efficient Work-Stealing for Weak Memory Models, PPoPP 2013.

#include <weft/detail/atomic.hpp>
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
        // Acquire: pairs with the thieves' exchange on top_; the slot is free again.
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
        if (bottom < top_.load(std::memory_order_relaxed)) return nullptr;  // empty, without the full fence below
        buffer* at = current_.load(std::memory_order_relaxed);
        // The store and the load form a Dekker pair with steal's two loads: either the thief sees the smaller bottom or
        // we see its top.
        bottom_.store(bottom, std::memory_order_seq_cst);
        std::int64_t top = top_.load(std::memory_order_seq_cst);
        if (top < bottom) return at->get(bottom);
        fiber_control* last = nullptr;
        if (top == bottom &&
            top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst, std::memory_order_relaxed))
            last = at->get(bottom);
        bottom_.store(bottom + 1, std::memory_order_relaxed);
        return last;
    }

    /// Owner: gives the memory of a large buffer back to the kernel, if nothing is queued. A burst of a million leaves
    /// 16 MiB behind. Thieves that still read there find nothing useful, and lose the race for it.
    void give_back_memory() noexcept;

    /// Anybody. The oldest, or null; also null when another took it first.
    fiber_control* steal() noexcept {
        std::int64_t top = top_.load(std::memory_order_seq_cst);
        if (top >= bottom_.load(std::memory_order_seq_cst)) return nullptr;
        fiber_control* f = current_.load(std::memory_order_acquire)->get(top);
        return top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst, std::memory_order_relaxed)
                   ? f
                   : nullptr;
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

    alignas(cache_line_bytes) atomic<std::int64_t> top_{0};
    alignas(cache_line_bytes) atomic<std::int64_t> bottom_{0};
    atomic<buffer*> current_;                       // release in grow, acquire in steal
    std::vector<std::unique_ptr<buffer>> buffers_;  // the owner's
    std::int64_t given_back_at_ = 0;                // the owner's: bottom_ when it gave memory back last
};

}  // namespace weft::detail
