// Workload about memory: what a fiber costs that has started and waits.
#pragma once
#include "process_memory.hpp"

#include <weft/weft.hpp>

#include <chrono>
#include <cstdint>

namespace workloads {

/// The class documented for fibers by the hundred thousand.
inline constexpr std::size_t parked_stack_bytes = 64 * 1024;

struct parked_result {
    process_memory before;
    process_memory parked;
    std::chrono::duration<double> to_start;  // until all of them waited
    std::uint64_t checksum;
};

/// Starts so many fibers, lets all of them wait for a value, looks at the process, and gives each its value.
inline parked_result parked_fibers(std::uint64_t fibers) {
    parked_result result{};
    result.before = process_memory::now();
    auto const begin = std::chrono::steady_clock::now();

    auto const release = weft::make_chan<std::uint64_t>();
    auto const results = weft::make_chan<std::uint64_t>();
    weft::wait_group started;
    started.add(static_cast<std::ptrdiff_t>(fibers));
    for (std::uint64_t i = 0; i != fibers; ++i) {
        weft::go(weft::spawn_options{.stack_bytes = parked_stack_bytes}, [release, results, &started] {
            started.done();
            results.send(release.recv().value());
        });
    }
    started.wait();
    result.to_start = std::chrono::steady_clock::now() - begin;
    result.parked = process_memory::now();

    for (std::uint64_t i = 0; i != fibers; ++i) {
        release.send(i);
        result.checksum += results.recv().value();
    }
    return result;
}

/// The memory of the process once it is below twice what was resident before a burst, or after ten seconds.
inline process_memory wait_for_memory_to_fall(process_memory const& before) {
    using namespace std::chrono_literals;
    auto const deadline = weft::clock::now() + 10s;
    process_memory now = process_memory::now();
    while (now.resident_bytes > 2 * before.resident_bytes && weft::clock::now() < deadline) {
        weft::this_fiber::sleep_for(50ms);
        now = process_memory::now();
    }
    return now;
}

}  // namespace workloads
