// Workloads that compute: they show what another worker is worth.
#pragma once
#include <weft/weft.hpp>

#include <cstdint>
#include <thread>
#include <vector>

namespace workloads {

/// About 10 µs of computation: a chain of dependent multiplications, that takes every program as long.
inline std::uint64_t crunch(std::uint64_t seed) {
    for (int i = 0; i != 10'000; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        asm volatile("" : "+r"(seed));  // left alone, LLVM does several such steps in one
    }
    return seed;
}

inline std::uint64_t fork_join_range(std::uint64_t first, std::uint64_t last) {
    if (last - first == 1) return crunch(first);
    std::uint64_t const middle = first + (last - first) / 2;
    auto left = weft::spawn([first, middle] { return fork_join_range(first, middle); });
    std::uint64_t const right = fork_join_range(middle, last);
    return left.join() + right;
}

/// One operation: a task of about 10 µs, at the leaf of a binary tree of forks and joins.
inline std::uint64_t fork_join(std::uint64_t tasks) { return fork_join_range(0, tasks); }

/// One operation: a task of about 10 µs, handed out by one producer to as many consumers as there are workers.
inline std::uint64_t fan_out(unsigned consumers, std::uint64_t tasks) {
    auto const queue = weft::make_chan<std::uint64_t>(128);
    auto const sums = weft::make_chan<std::uint64_t>(consumers);
    for (unsigned c = 0; c != consumers; ++c) {
        weft::go([queue, sums] {
            std::uint64_t sum = 0;
            for (std::uint64_t const task : queue) sum += crunch(task);
            sums.send(sum);
        });
    }
    weft::go([queue, tasks] {
        for (std::uint64_t i = 0; i != tasks; ++i) queue.send(i);
        queue.close();
    });
    std::uint64_t total = 0;
    for (unsigned c = 0; c != consumers; ++c) total += sums.recv().value();
    return total;
}

/// One operation: a task of about 10 µs in a fiber of its own. One fiber starts all of them: another worker has only what it
/// steals.
inline std::uint64_t stealing(std::uint64_t tasks) {
    std::vector<std::uint64_t> results(tasks);
    weft::wait_group done;
    for (std::uint64_t i = 0; i != tasks; ++i) done.go([&result = results[i], i] { result = crunch(i); });
    done.wait();
    std::uint64_t total = 0;
    for (std::uint64_t const result : results) total += result;
    return total;
}

/// One operation: a task of about 10 µs. No fibers: so many threads, each with its share. What the machine gives.
inline std::uint64_t plain_threads(unsigned threads, std::uint64_t tasks) {
    std::vector<std::uint64_t> sums(threads);
    {
        std::vector<std::jthread> running;
        for (unsigned t = 0; t != threads; ++t) {
            running.emplace_back([&result = sums[t], first = tasks * t / threads, last = tasks * (t + 1) / threads] {
                std::uint64_t sum = 0;
                for (std::uint64_t i = first; i != last; ++i) sum += crunch(i);
                result = sum;
            });
        }
    }
    std::uint64_t total = 0;
    for (std::uint64_t const sum : sums) total += sum;
    return total;
}

}  // namespace workloads
