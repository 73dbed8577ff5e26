#pragma once
// One large mapping, cut into stacks of one size, each with a guard page at its low end.
//
// A slab is never unmapped: a stale reference to a control block on one of its stacks stays readable for ever. What it
// holds is given back to the kernel page by page instead.

#include <weft/detail/config.hpp>
#include <weft/detail/stack_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace weft::detail {

class slab {
public:
    /// Maps a slab and places its guards. Errors: `std::system_error`, saying which limit was hit and how to raise it.
    static slab& create(unsigned size_class);

    /// All slabs of the process, newest first. Async-signal-safe.
    static slab* newest() noexcept { return newest_.load(std::memory_order_acquire); }
    slab* next() const noexcept { return next_; }

    unsigned size_class() const noexcept { return size_class_; }
    std::size_t count() const noexcept { return count_; }

    /// Where the slot of stack `index` lives. The memory may be untouched.
    stack_slot* slot_at(std::size_t index) const noexcept;

    /// Constructs the slot of a stack that holds no memory yet.
    stack_slot& open(stack_slot* at) noexcept;
    /// Frees the memory of these stacks, which must belong to this slab and be sorted by address.
    void give_back(std::span<stack_slot* const> sorted) noexcept;

    /// How many stacks hold no memory and are not in use. These three under the lock of the depot's shelf.
    std::size_t cold() const noexcept { return cold_count_; }
    stack_slot* pop_cold() noexcept;
    void push_cold(stack_slot const* at) noexcept;

    bool is_open(std::size_t index) const noexcept {
        return (open_[index / bits].load(std::memory_order_acquire) >> index % bits & 1) != 0;
    }
    /// The stack whose guard page contains `address`, or null. Async-signal-safe.
    stack_slot* guarded_by(void const* address) const noexcept;

private:
    slab(std::byte* base, unsigned size_class, std::size_t count);
    std::size_t index_of(void const* address) const noexcept {
        return static_cast<std::size_t>(static_cast<std::byte const*>(address) - base_) / stack_bytes_;
    }

    // Written once, before `newest_` publishes the slab.
    slab* next_ = nullptr;
    std::byte* base_;
    std::size_t stack_bytes_;
    std::size_t count_;
    unsigned size_class_;

    // A bit per stack: what is kept about a million of them is what stays when they have gone.
    static constexpr std::size_t bits = 64;
    /// Its slot has been constructed since the memory was last given back. Written by the depot.
    std::unique_ptr<std::atomic<std::uint64_t>[]> open_;
    std::unique_ptr<std::uint64_t[]> cold_;
    std::size_t cold_count_;

    static std::atomic<slab*> newest_;  // release in create, acquire in newest()
};

}  // namespace weft::detail
