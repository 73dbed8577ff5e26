#include "descriptor_pool.hpp"

#include <new>

namespace weft::detail {

struct descriptor_pool::block {
    // Uninitialised until its records are made, one after another.
    alignas(descriptor) std::byte records[block_size][sizeof(descriptor)];
};

descriptor_pool& descriptor_pool::instance() {
    static auto* forever = new descriptor_pool;  // sockets may be closed after static destruction
    return *forever;
}

descriptor& descriptor_pool::take() {
    std::unique_ptr<block> spare;
    for (;;) {
        {
            spin_guard guard(lock_);
            if (descriptor* d = free_; d != nullptr) {
                free_ = d->next_free_;
                return *d;
            }
            std::uint32_t const index = made_.load(std::memory_order_relaxed);
            if (index == block_size * most_blocks) throw std::bad_alloc();
            std::atomic<block*>& place = blocks_[index / block_size];
            if (place.load(std::memory_order_relaxed) == nullptr && spare != nullptr)
                place.store(spare.release(), std::memory_order_relaxed);  // published by made_
            if (block* b = place.load(std::memory_order_relaxed); b != nullptr) {
                auto* made = new (b->records[index % block_size]) descriptor(index);
                made_.store(index + 1, std::memory_order_release);
                return *made;
            }
        }
        spare = std::make_unique_for_overwrite<block>();  // not under the lock
    }
}

void descriptor_pool::put(descriptor& d) noexcept {
    spin_guard guard(lock_);
    d.next_free_ = free_;
    free_ = &d;
}

descriptor& descriptor_pool::operator[](std::uint32_t index) const noexcept {
    block* const b = blocks_[index / block_size].load(std::memory_order_relaxed);
    return *std::launder(reinterpret_cast<descriptor*>(b->records[index % block_size]));
}

}  // namespace weft::detail
