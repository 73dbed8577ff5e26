#include "futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <ctime>

namespace weft::detail {

void futex_wait(std::uint32_t const* word, std::uint32_t expected, clock::time_point deadline) noexcept {
    timespec until{};
    timespec const* timeout = nullptr;
    if (deadline != clock::time_point::max()) {
        // steady_clock is CLOCK_MONOTONIC, which is what the bitset form counts its absolute time in.
        auto const since = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch()).count();
        until.tv_sec = since / 1'000'000'000;
        until.tv_nsec = since % 1'000'000'000;
        timeout = &until;
    }
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, timeout, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wake(std::uint32_t const* word) noexcept {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace weft::detail
