#include "spawn_deque.hpp"

namespace weft::detail {

void spawn_deque::grow(std::int64_t bottom) {
    buffer const* old = current_.load(std::memory_order_relaxed);
    auto larger = std::make_unique<buffer>((old->mask + 1) * 2);
    for (std::int64_t i = top_.load(std::memory_order_acquire); i != bottom; ++i) larger->put(i, old->get(i));
    buffers_.push_back(std::move(larger));
    current_.store(buffers_.back().get(), std::memory_order_release);
}

}  // namespace weft::detail
