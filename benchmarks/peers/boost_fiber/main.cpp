// The workloads of benchmarks/compare, as a user of Boost.Fiber would write them.
//
//     peer_boost_fiber WORKLOAD WORKERS OPERATIONS
//
// prints one line "name value checksum" for each thing it measures; the value is in nanoseconds per operation unless the
// name says otherwise. Boost.Fiber has neither select nor sockets: those workloads are absent.
#include "peer.hpp"

#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using workload = std::uint64_t (*)(std::uint64_t operations);

std::map<std::string_view, workload> const workloads{
    {"yield", peer::yield_between_two},
    {"spawn_join", peer::spawn_and_join},
    {"spawn_waves", peer::spawn_in_waves},
    {"skynet", peer::skynet},
    {"fork_join", peer::fork_join},
    {"fan_out", peer::fan_out},
    {"stealing", peer::stealing},
    {"chan_ping_pong", peer::ping_pong},
    {"chan_unbuffered_1_1", [](std::uint64_t n) { return peer::unbuffered_fan(1, 1, n); }},
    {"chan_unbuffered_8_8", [](std::uint64_t n) { return peer::unbuffered_fan(8, 8, n); }},
    {"chan_buffered_1_1", [](std::uint64_t n) { return peer::buffered_fan(1, 1, n); }},
    {"chan_buffered_8_1", [](std::uint64_t n) { return peer::buffered_fan(8, 1, n); }},
    {"chan_buffered_8_8", [](std::uint64_t n) { return peer::buffered_fan(8, 8, n); }},
    {"sleep_1us", peer::sleep_microsecond},
    {"timeout_ping_pong", peer::timeout_ping_pong},
    {"mutex_64", peer::mutex_contended},
};

void measure(std::string_view name, std::uint64_t operations) {
    if (name == "parked_fibers") return peer::parked_fibers(operations);
    auto const found = workloads.find(name);
    if (found == workloads.end()) {
        std::printf("%.*s absent\n", static_cast<int>(name.size()), name.data());
        return;
    }
    found->second(operations / 10);  // warm up
    auto const start = std::chrono::steady_clock::now();
    std::uint64_t const checksum = found->second(operations);
    std::chrono::duration<double, std::nano> const elapsed = std::chrono::steady_clock::now() - start;
    peer::report(name, elapsed.count() / static_cast<double>(operations), checksum);
}

/// The threads beside the main one: they steal and run fibers until the measurement is over.
class helpers {
public:
    explicit helpers(unsigned workers) {
        for (unsigned i = 1; i != workers; ++i) threads_.emplace_back([this, workers] { serve(workers); });
        if (workers > 1) boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(workers);
    }

    ~helpers() {
        {
            std::lock_guard const lock(mutex_);
            over_ = true;
        }
        changed_.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }

private:
    void serve(unsigned workers) {
        boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(workers);
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return over_; });
    }

    boost::fibers::mutex mutex_;
    boost::fibers::condition_variable changed_;
    bool over_ = false;
    std::vector<std::thread> threads_;
};

/// Without this glibc hands freed stacks back to the kernel after every wave and faults them in again for the next.
void keep_freed_memory() {
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_MMAP_THRESHOLD, 1 << 24);
}

std::uint64_t positive_number(char const* text) {
    char* end = nullptr;
    unsigned long long const value = std::strtoull(text, &end, 10);
    if (value == 0 || *end != '\0') {
        std::fprintf(stderr, "not a positive number: %s\n", text);
        std::exit(2);
    }
    return value;
}

}  // namespace

void peer::report(std::string_view name, double value, std::uint64_t checksum) {
    std::printf("%.*s %.3f %llu\n", static_cast<int>(name.size()), name.data(), value,
                static_cast<unsigned long long>(checksum));
}

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: peer_boost_fiber WORKLOAD WORKERS OPERATIONS\n", stderr);
        return 2;
    }
    peer::workers = static_cast<unsigned>(positive_number(argv[2]));
    keep_freed_memory();
    helpers const beside(peer::workers);
    measure(argv[1], positive_number(argv[3]));
}
