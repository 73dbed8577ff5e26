#pragma once
// The memory of a buffered reader or writer: bytes in one piece, appended at the back and taken from the front.
//
//     memory_            first_            last_             capacity_
//     | taken already    | bytes()         | room()          |
//
// Invariants: first_ <= last_ <= capacity_. Nothing is allocated before the first byte needs room.

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace weft::detail {

class byte_queue {
public:
    byte_queue() noexcept = default;
    byte_queue(byte_queue&& other) noexcept
        : memory_(std::move(other.memory_)),
          capacity_(std::exchange(other.capacity_, 0)),
          first_(std::exchange(other.first_, 0)),
          last_(std::exchange(other.last_, 0)) {}
    byte_queue& operator=(byte_queue&& other) noexcept {
        memory_ = std::move(other.memory_);
        capacity_ = std::exchange(other.capacity_, 0);
        first_ = std::exchange(other.first_, 0);
        last_ = std::exchange(other.last_, 0);
        return *this;
    }
    ~byte_queue() = default;

    std::span<std::byte const> bytes() const noexcept { return {memory_.get() + first_, last_ - first_}; }
    std::size_t size() const noexcept { return last_ - first_; }
    bool empty() const noexcept { return first_ == last_; }

    /// Room for at least `more` bytes behind those that are there, in memory of at least `least_capacity` bytes. Moves
    /// the bytes to the front if that is enough, else to memory at least twice as large. Invalidates `bytes()`.
    std::span<std::byte> make_room(std::size_t more, std::size_t least_capacity);
    std::span<std::byte> room() noexcept { return {memory_.get() + last_, capacity_ - last_}; }
    /// The first `n` bytes of `room()` have been written.
    void append(std::size_t n) noexcept { last_ += n; }
    /// Appends a copy of as much as fits into `room()`, and returns how much.
    std::size_t append(std::span<std::byte const> from) noexcept;

    /// Drops the first `n` bytes; they stay readable until room is made.
    std::span<std::byte const> take(std::size_t n) noexcept {
        std::span const taken = bytes().first(n);
        first_ += n;
        if (first_ == last_) first_ = last_ = 0;
        return taken;
    }
    /// Moves as many bytes to `to` as there are and fit, and returns how many.
    std::size_t take_into(std::span<std::byte> to) noexcept;

private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
};

}  // namespace weft::detail
