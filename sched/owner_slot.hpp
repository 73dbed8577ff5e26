#pragma once
// A place for one fiber that is its worker's own business: the worker puts and takes without a locked instruction. Only when
// it does not come back for long may somebody take the fiber away.
//
// The two sides are a Dekker pair with asymmetric fences: the owner is inside while it looks and changes, the thief closes
// the slot while it does. Either the owner sees that it is closed, and waits, or the thief sees the owner inside and gives up.
//
// Who touches what: fiber_ is the owner's while it is inside, and the thief's while the slot is closed and the owner is not.
// Rejected:         an exchange on both sides: a locked instruction for every wake-up, against a theft in a million.

#include <weft/detail/asymmetric_fence.hpp>
#include <weft/detail/atomic.hpp>
#include <weft/detail/fiber_control.hpp>

#include <atomic>
#include <utility>

namespace weft::detail {

class owner_slot {
public:
    /// Owner. Puts `next`, which may be null, and returns what was there.
    fiber_control* exchange(fiber_control* next) noexcept {
        enter();
        fiber_control* const before = fiber_.load(std::memory_order_relaxed);
        fiber_.store(next, std::memory_order_relaxed);
        // Release: pairs with the thief's look at it.
        inside_.store(false, std::memory_order_release);
        return before;
    }
    /// Owner. Takes what is there, or null.
    fiber_control* take() noexcept { return empty() ? nullptr : exchange(nullptr); }

    /// Anybody but the owner. Null also if the owner is busy with it, or another thief. Costs some 10 µs.
    fiber_control* take_away() noexcept {
        if (empty() || closed_.exchange(true, std::memory_order_acquire)) return nullptr;
        heavy_fence();  // pairs with the light one in enter
        fiber_control* taken = nullptr;
        // Acquire: pairs with the owner's release.
        if (!inside_.load(std::memory_order_acquire)) {
            taken = fiber_.load(std::memory_order_relaxed);
            fiber_.store(nullptr, std::memory_order_relaxed);
        }
        closed_.store(false, std::memory_order_release);
        return taken;
    }

    /// Anybody; a guess unless the owner asks and it is not empty.
    bool empty() const noexcept { return fiber_.load(std::memory_order_relaxed) == nullptr; }

private:
    void enter() noexcept {
        for (;;) {
            inside_.store(true, std::memory_order_relaxed);
            light_fence();  // pairs with the heavy one in take_away
            // Acquire: pairs with the release of a thief that is done.
            if (!closed_.load(std::memory_order_acquire)) [[likely]]
                return;
            // Release, as above: what was put there before this attempt is to be seen with it.
            inside_.store(false, std::memory_order_release);
            while (closed_.load(std::memory_order_relaxed)) yield_thread();
        }
    }

    atomic<fiber_control*> fiber_{nullptr};
    atomic<bool> inside_{false};  // by the owner
    atomic<bool> closed_{false};  // by one thief at a time
};

}  // namespace weft::detail
