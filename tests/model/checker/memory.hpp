#pragma once
// The memory of the model: what C++ allows a load to see.
//
// Every atomic object is a location with all the values it has had, oldest first: its modification order. Values only join at
// its end. A view says, for each location, the oldest value that may still be read. Every thread has one; a load chooses among
// what its view leaves. Release, acquire and fences pass views on:
//
//     current      what the thread's own loads must respect
//     acquirable   what it would respect after an acquire fence: the views of all it has read
//     released     what its relaxed stores carry: its current view at its last release fence
//
// A store carries its writer's view; a read-modify-write carries that of the value it replaced as well (release sequences).
// The sequentially consistent order is the order of execution: fences meet in one common view, and an access respects what
// that view says about its own location.
//
// Sources: Kang, Hur, Lahav, Vafeiadis, Dreyer: A Promising Semantics for Relaxed-Memory Concurrency, POPL 2017 (the views,
//          without promises); C++20 [atomics.order].

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weft_model {

/// Locations that one execution may touch.
inline constexpr std::size_t most_locations = 192;

using timestamp = std::uint16_t;  // a place in a location's modification order

class view {
public:
    timestamp of(std::size_t location) const noexcept { return at_[location]; }
    void raise(std::size_t location, timestamp to) noexcept {
        if (at_[location] < to) at_[location] = to;
    }
    void join(view const& other, std::size_t locations) noexcept {
        for (std::size_t i = 0; i != locations; ++i) raise(i, other.at_[i]);
    }
    void clear() noexcept { at_.fill(0); }

private:
    std::array<timestamp, most_locations> at_{};
};

/// What one thread may read.
struct thread_views {
    view current, acquirable, released;
};

class memory {
public:
    /// Forgets everything.
    void reset() noexcept {
        used_ = 0;
        sequential_.clear();
    }
    /// A new location that holds `value`, which every thread has seen. `key` is its name, the same in every execution.
    std::size_t add(std::uint64_t value, std::uint64_t key);
    std::size_t locations() const noexcept { return used_; }

    timestamp latest(std::size_t location) const noexcept {
        return static_cast<timestamp>(at_[location].values.size() - 1);
    }
    std::uint64_t value(std::size_t location, timestamp when) const noexcept {
        return at_[location].values[when].value;
    }
    std::uint64_t key(std::size_t location) const noexcept { return at_[location].key; }

    /// The oldest value that a load may return.
    timestamp oldest_visible(thread_views const& by, std::size_t location, std::memory_order order) const noexcept;
    void load(thread_views& by, std::size_t location, timestamp when, std::memory_order order) noexcept;
    void store(thread_views& by, std::size_t location, std::uint64_t value, std::memory_order order);
    /// Replaces the latest value.
    void exchange(thread_views& by, std::size_t location, std::uint64_t value, std::memory_order order);
    void fence(thread_views& by) noexcept;

    /// The same for the same view, whatever order locations were touched in first.
    std::uint64_t hash(view const& v) const noexcept;

private:
    struct stored {
        std::uint64_t value;
        view carried;
    };
    struct history {
        std::uint64_t key = 0;
        std::vector<stored> values;
    };

    stored& append(thread_views& by, std::size_t location, std::uint64_t value, std::memory_order order);

    std::vector<history> at_;  // beyond used_: empty, for the next execution
    std::size_t used_ = 0;
    view sequential_;
};

/// Mixes `with` into a running hash.
std::uint64_t mixed(std::uint64_t hash, std::uint64_t with) noexcept;

bool acquires(std::memory_order order) noexcept;
bool releases(std::memory_order order) noexcept;
char const* name_of(std::memory_order order) noexcept;

}  // namespace weft_model
