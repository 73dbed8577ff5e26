#include <weft/detail/byte_queue.hpp>

#include <algorithm>
#include <cstring>

namespace weft::detail {

std::span<std::byte> byte_queue::make_room(std::size_t more, std::size_t least_capacity) {
    std::size_t const held = size();
    if (capacity_ - last_ >= more) return room();
    if (capacity_ - held >= more) {
        std::memmove(memory_.get(), memory_.get() + first_, held);
    } else {
        std::size_t const capacity = std::max({least_capacity, held + more, 2 * capacity_});
        auto memory = std::make_unique_for_overwrite<std::byte[]>(capacity);
        std::ranges::copy(bytes(), memory.get());
        memory_ = std::move(memory);
        capacity_ = capacity;
    }
    first_ = 0;
    last_ = held;
    return room();
}

std::size_t byte_queue::append(std::span<std::byte const> from) noexcept {
    std::span const fits = from.first(std::min(from.size(), capacity_ - last_));
    std::ranges::copy(fits, memory_.get() + last_);
    last_ += fits.size();
    return fits.size();
}

std::size_t byte_queue::take_into(std::span<std::byte> to) noexcept {
    std::span const taken = take(std::min(to.size(), size()));
    std::ranges::copy(taken, to.data());
    return taken.size();
}

}  // namespace weft::detail
