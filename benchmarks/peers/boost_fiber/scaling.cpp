#include "peer.hpp"

#include <vector>

namespace peer {
namespace {

/// A chain of dependent multiplications, that takes every program as long.
std::uint64_t crunch(std::uint64_t seed) {
    for (int i = 0; i != 10'000; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        asm volatile("" : "+r"(seed));  // left alone, LLVM does several such steps in one
    }
    return seed;
}

std::uint64_t fork_join_range(std::uint64_t first, std::uint64_t last) {
    if (last - first == 1) return crunch(first);
    std::uint64_t const middle = first + (last - first) / 2;
    std::uint64_t left = 0;
    auto forked = launch([&] { left = fork_join_range(first, middle); });
    std::uint64_t const right = fork_join_range(middle, last);
    forked.join();
    return left + right;
}

}  // namespace

std::uint64_t fork_join(std::uint64_t tasks) { return fork_join_range(0, tasks); }

std::uint64_t fan_out(std::uint64_t tasks) {
    boost::fibers::buffered_channel<std::uint64_t> queue(128);
    std::vector<std::uint64_t> sums(workers);
    std::vector<boost::fibers::fiber> consumers;
    for (std::uint64_t& result : sums) {
        consumers.push_back(launch([&queue, &result] {
            std::uint64_t sum = 0;
            for (std::uint64_t const task : queue) sum += crunch(task);
            result = sum;
        }));
    }
    auto producer = launch([&queue, tasks] {
        for (std::uint64_t i = 0; i != tasks; ++i) queue.push(i);
        queue.close();
    });
    producer.join();
    for (boost::fibers::fiber& consumer : consumers) consumer.join();
    std::uint64_t total = 0;
    for (std::uint64_t const sum : sums) total += sum;
    return total;
}

std::uint64_t stealing(std::uint64_t tasks) {
    std::vector<std::uint64_t> results(tasks);
    std::vector<boost::fibers::fiber> fibers;
    fibers.reserve(tasks);
    for (std::uint64_t i = 0; i != tasks; ++i)
        fibers.push_back(launch([&result = results[i], i] { result = crunch(i); }));
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
    std::uint64_t total = 0;
    for (std::uint64_t const result : results) total += result;
    return total;
}

}  // namespace peer
