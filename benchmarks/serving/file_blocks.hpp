// Workload about files: blocks of one file, in an order that does not repeat soon, each checked. The file is small
// enough to stay in the page cache: what is measured is the way there, not the disk.
#pragma once
#include "server_process.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>

namespace serving {

constexpr unsigned file_readers = 16;
constexpr std::size_t block_bytes = 4096;
constexpr std::uint64_t file_blocks =
    16 * 1024;  // 64 MiB; benchmarks/serving/rows.py writes it: each begins with its number

class block_sequence {
public:
    explicit block_sequence(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() noexcept {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return (state_ >> 33) % file_blocks;
    }

private:
    std::uint64_t state_;
};

inline bool is_block(void const* bytes, std::uint64_t number) noexcept {
    std::uint64_t found = 0;
    std::memcpy(&found, bytes, sizeof found);
    return found == number;
}

/// Blocks the thread for a fifth of `seconds` to warm up, and then for `seconds`.
inline measurement measure_reads(double seconds, std::atomic<std::uint64_t> const& reads) {
    std::chrono::duration<double> const length(seconds);
    stopwatch watch(::getpid());
    std::this_thread::sleep_for(length / 5);
    watch.begin(reads.load(std::memory_order_relaxed));
    std::this_thread::sleep_for(length);
    return watch.end(reads.load(std::memory_order_relaxed));
}

}  // namespace serving
