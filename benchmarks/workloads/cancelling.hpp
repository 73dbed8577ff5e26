// Workloads about contexts.
#pragma once
#include <weft/weft.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

namespace workloads {

/// One operation: a function runs under a deadline that it does not need.
inline std::uint64_t with_timeout_unneeded(std::uint64_t operations) {
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i != operations; ++i) weft::with_timeout(std::chrono::hours(1), [&] { ++count; });
    return count;
}

/// One operation: one of up to 10,000 fibers is started under a context, falls asleep, and ends by its cancellation.
inline std::uint64_t cancel_sleepers(std::uint64_t operations) {
    constexpr std::uint64_t most_at_once = 10'000;
    std::atomic<std::uint64_t> ended = 0;
    for (std::uint64_t left = operations; left != 0;) {
        std::uint64_t const batch = std::min(left, most_at_once);
        weft::task_group sleepers;
        auto const asleep = weft::make_chan<weft::unit>(most_at_once);
        for (std::uint64_t i = 0; i != batch; ++i)
            sleepers.go([&ended, asleep] {
                asleep.send({});
                try {
                    weft::this_fiber::sleep_for(std::chrono::hours(1));
                } catch (weft::cancelled const&) {
                    ended.fetch_add(1, std::memory_order_relaxed);
                }
            });
        for (std::uint64_t i = 0; i != batch; ++i) asleep.recv();
        sleepers.cancel();
        sleepers.wait();
        left -= batch;
    }
    return ended;
}

}  // namespace workloads
