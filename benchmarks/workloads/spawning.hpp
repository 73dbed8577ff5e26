// Workloads about fibers themselves: yielding, starting, joining.
//
// Like everything in this folder: a function that does so many operations inside the calling fiber and returns a checksum of
// what came out. The Google Benchmark files and compare_weft.cpp measure these same functions.
#pragma once
#include <weft/weft.hpp>

#include <array>
#include <cstdint>

namespace workloads {

/// One operation: a fiber yields to the other of the two.
inline std::uint64_t yield_between_two(std::uint64_t operations) {
    auto const yield_half = [operations] {
        std::uint64_t count = 0;
        for (; count != operations / 2; ++count) weft::this_fiber::yield();
        return count;
    };
    auto first = weft::spawn(yield_half);
    auto second = weft::spawn(yield_half);
    return first.join() + second.join();
}

/// One operation: start a fiber, wait until it is done, take its result.
inline std::uint64_t spawn_and_join(std::uint64_t operations) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i != operations; ++i) sum += weft::spawn([i] { return i; }).join();
    return sum;
}

/// One operation: one of a wave of 1,000 fibers is started and waited for with the rest.
inline std::uint64_t spawn_in_waves(std::uint64_t operations) {
    constexpr std::uint64_t wave = 1'000;
    std::array<std::uint64_t, wave> results{};
    std::uint64_t sum = 0;
    for (std::uint64_t first = 0; first < operations; first += wave) {
        weft::wait_group done;
        for (std::uint64_t i = 0; i != wave; ++i) done.go([&results, first, i] { results[i] = first + i; });
        done.wait();
        for (std::uint64_t const result : results) sum += result;
    }
    return sum;
}

inline void skynet_node(weft::send_chan<std::uint64_t> const& result, std::uint64_t number, std::uint64_t size) {
    if (size == 1) return result.send(number);
    constexpr std::uint64_t branches = 10;
    auto const children = weft::make_chan<std::uint64_t>();
    for (std::uint64_t i = 0; i != branches; ++i) {
        // A child gets the sending end for itself.
        weft::go([to = weft::send_chan<std::uint64_t>(children), first = number + i * (size / branches),
                  part = size / branches] { skynet_node(to, first, part); });
    }
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i != branches; ++i) sum += children.recv().value();
    result.send(sum);
}

/// One operation: a leaf of a tree in which each node starts ten and adds up what they send. A power of ten leaves.
inline std::uint64_t skynet(std::uint64_t leaves) {
    auto const result = weft::make_chan<std::uint64_t>();
    weft::go([result, leaves] { skynet_node(result, 0, leaves); });
    return result.recv().value();
}

}  // namespace workloads
