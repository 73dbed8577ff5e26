#include <weft/detail/spin_lock.hpp>

#include "futex.hpp"

#include <chrono>
#include <cstdint>

namespace weft::detail {

void patience::wait() noexcept {
    // A critical section is some dozens of nanoseconds long, and moving the lock's cache line takes longer. So whoever finds
    // it taken stays away for the time of several, and the other processor goes on at the speed of one alone.
    constexpr int longest_pause = 64;
    constexpr int attempts = 20;
    // Whoever waits much longer waits for a holder that the kernel has preempted: yield to it, and where it runs at a lower
    // priority sleep.
    constexpr int yields = 100;
    if (round_ > attempts + yields) {
        // Nobody wakes this futex: a release that looked for sleepers would cost every holder, not just this one.
        static constexpr std::uint32_t nobody_wakes = 0;
        futex_wait(&nobody_wakes, nobody_wakes, clock::now() + std::chrono::microseconds(50));
    } else if (round_++ > attempts) {
        yield_thread();
    }
    for (int i = 0; i != pause_; ++i) cpu_relax();
    if (pause_ < longest_pause) pause_ *= 2;
}

void spin_lock::lock_contended() noexcept {
    for (patience waits;;) {
        waits.wait();
        if (!held_.load(std::memory_order_relaxed) && try_lock()) return;
    }
}

}  // namespace weft::detail
