#include "peer.hpp"

#include <array>
#include <vector>

namespace peer {
namespace {

using channel = boost::fibers::buffered_channel<std::uint64_t>;

void skynet_node(channel& result, std::uint64_t number, std::uint64_t size) {
    if (size == 1) {
        result.push(number);
        return;
    }
    constexpr std::uint64_t branches = 10;
    channel children(16);
    for (std::uint64_t i = 0; i != branches; ++i) {
        // Entering the child at once is what keeps the tree from being unfolded breadth first.
        launch(boost::fibers::launch::dispatch, [&children, number, size, i] {
            skynet_node(children, number + i * (size / branches), size / branches);
        }).detach();
    }
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i != branches; ++i) sum += children.value_pop();
    result.push(sum);
}

}  // namespace

std::uint64_t yield_between_two(std::uint64_t operations) {
    std::array<std::uint64_t, 2> counts{};
    auto const yield_half = [operations](std::uint64_t& result) {
        std::uint64_t count = 0;
        for (; count != operations / 2; ++count) boost::this_fiber::yield();
        result = count;
    };
    auto first = launch([&] { yield_half(counts[0]); });
    auto second = launch([&] { yield_half(counts[1]); });
    first.join();
    second.join();
    return counts[0] + counts[1];
}

std::uint64_t spawn_and_join(std::uint64_t operations) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i != operations; ++i) launch([&sum, i] { sum += i; }).join();
    return sum;
}

std::uint64_t spawn_in_waves(std::uint64_t operations) {
    constexpr std::uint64_t wave = 1'000;
    std::vector<std::uint64_t> results(wave);
    std::vector<boost::fibers::fiber> fibers(wave);
    std::uint64_t sum = 0;
    for (std::uint64_t first = 0; first < operations; first += wave) {
        for (std::uint64_t i = 0; i != wave; ++i) fibers[i] = launch([&results, first, i] { results[i] = first + i; });
        for (boost::fibers::fiber& fiber : fibers) fiber.join();
        for (std::uint64_t const result : results) sum += result;
    }
    return sum;
}

std::uint64_t skynet(std::uint64_t leaves) {
    channel result(2);
    launch([&result, leaves] { skynet_node(result, 0, leaves); }).detach();
    return result.value_pop();
}

}  // namespace peer
