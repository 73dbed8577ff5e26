#include "spawn_deque.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace weft::detail {

void spawn_deque::grow(std::int64_t bottom) {
    buffer const* old = current_.load(std::memory_order_relaxed);
    auto larger = std::make_unique<buffer>((old->mask + 1) * 2);
    for (std::int64_t i = top_.load(std::memory_order_acquire); i != bottom; ++i) larger->put(i, old->get(i));
    buffers_.push_back(std::move(larger));
    current_.store(buffers_.back().get(), std::memory_order_release);
}

void spawn_deque::give_back_memory() noexcept {
    if (current_.load(std::memory_order_relaxed)->mask < large || size() != 0) return;
    std::int64_t const bottom = bottom_.load(std::memory_order_relaxed);
    if (bottom == given_back_at_) return;
    given_back_at_ = bottom;
    auto const page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (auto const& b : buffers_) {
        if (b->mask < large) continue;
        // The whole pages inside: of a fresh mapping they read as zeros, which is as good as anything here.
        auto const begin = reinterpret_cast<std::uintptr_t>(b->slots.get());
        auto const end = begin + static_cast<std::uintptr_t>(b->mask + 1) * sizeof(atomic<fiber_control*>);
        std::uintptr_t const first = (begin + page - 1) / page * page;
        std::uintptr_t const last = end / page * page;
        ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
    }
}

}  // namespace weft::detail
