// The place that its owner uses without a locked instruction.

#include "owner_slot.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "support/build.hpp"
#include "support/catch.hpp"

using weft::detail::fiber_control;
using weft::detail::owner_slot;

namespace {

// Never looked into, so any address will do.
fiber_control* numbered(std::uintptr_t n) { return reinterpret_cast<fiber_control*>(n * 64); }
std::size_t number_of(fiber_control* f) { return reinterpret_cast<std::uintptr_t>(f) / 64; }

}  // namespace

TEST_CASE("a slot gives back what was put into it", "[owner_slot]") {
    owner_slot slot;
    CHECK(slot.empty());
    CHECK(slot.take() == nullptr);
    CHECK(slot.take_away() == nullptr);
    CHECK(slot.exchange(numbered(1)) == nullptr);
    CHECK_FALSE(slot.empty());
    CHECK(slot.exchange(numbered(2)) == numbered(1));
    CHECK(slot.take_away() == numbered(2));
    CHECK(slot.take() == nullptr);
    slot.exchange(numbered(3));
    CHECK(slot.take() == numbered(3));
    CHECK(slot.empty());
}

TEST_CASE("with an owner and two thieves everything is taken exactly once", "[owner_slot][stress]") {
    std::size_t const puts = static_cast<std::size_t>(weft_test::sized(300'000, 100'000, 30'000));
    owner_slot slot;
    std::vector<std::atomic<int>> taken(puts + 1);
    std::atomic<bool> done = false;
    auto const note = [&](fiber_control* f) {
        if (f != nullptr) taken[number_of(f)].fetch_add(1, std::memory_order_relaxed);
    };
    auto const steal = [&] {
        while (!done.load(std::memory_order_relaxed)) note(slot.take_away());
    };
    std::thread first(steal), second(steal);
    for (std::size_t i = 1; i <= puts; ++i) {
        note(slot.exchange(numbered(i)));
        if (i % 3 == 0) note(slot.take());
    }
    note(slot.take());
    done = true;
    first.join();
    second.join();
    CHECK(taken[0] == 0);
    CHECK(std::all_of(taken.begin() + 1, taken.end(), [](auto const& times) { return times == 1; }));
}
