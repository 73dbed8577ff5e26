#pragma once
#include "descriptor.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weft::detail {

/// Every descriptor record of the process. Records move between use and the free list and are never freed, so that an event
/// may name one at any time.
///
/// Thread safety: all members.
class descriptor_pool {
public:
    static descriptor_pool& instance();

    /// Errors: `std::bad_alloc`.
    descriptor& take();
    void put(descriptor& free) noexcept;

    /// The record with this index, which was handed out before.
    descriptor& operator[](std::uint32_t index) const noexcept;

    template <class F>
    void for_each(F const& f) const noexcept {
        std::uint32_t const made = made_.load(std::memory_order_acquire);
        for (std::uint32_t i = 0; i != made; ++i) f((*this)[i]);
    }

private:
    static constexpr std::uint32_t block_size = 256;
    static constexpr std::uint32_t most_blocks = 1 << 16;  // far more than a process can have descriptors

    struct block;

    spin_lock lock_;
    descriptor* free_ WEFT_GUARDED_BY(lock_) = nullptr;
    // Grows only, under the lock. Release: pairs with the acquire of those who look a record up.
    std::atomic<std::uint32_t> made_{0};
    std::unique_ptr<std::atomic<block*>[]> const blocks_ = std::make_unique<std::atomic<block*>[]>(most_blocks);
};

}  // namespace weft::detail
