#include <weft/detail/spin_lock.hpp>

#include <sched.h>
#include "futex.hpp"

#include <chrono>
#include <cstdint>

namespace weft::detail {

void spin_lock::lock_contended() noexcept {
    // A critical section is some dozens of nanoseconds long. Whoever waits much longer waits for a holder that the
    // kernel has preempted: yield to it, and where it runs at a lower priority sleep.
    constexpr int spins = 100;
    constexpr int yields = 100;
    for (int round = 0;; ++round) {
        for (int i = 0; i != spins; ++i) {
            if (!held_.load(std::memory_order_relaxed) && try_lock()) return;
            cpu_relax();
        }
        if (round < yields) {
            sched_yield();
        } else {
            // Nobody wakes this futex: a release that looked for sleepers would cost every holder, not just this one.
            static constexpr std::uint32_t nobody_wakes = 0;
            futex_wait(&nobody_wakes, nobody_wakes, clock::now() + std::chrono::microseconds(50));
        }
    }
}

}  // namespace weft::detail
