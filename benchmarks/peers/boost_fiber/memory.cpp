#include "peer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace peer {
namespace {

/// Bytes in a field of /proc/self/status.
double status_bytes(std::string_view field) {
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        if (word != field) continue;
        double kibibytes = 0;
        status >> kibibytes;
        return kibibytes * 1024;
    }
    return 0;
}

double mappings() {
    std::ifstream maps("/proc/self/maps");
    return static_cast<double>(std::count(std::istreambuf_iterator(maps), {}, '\n'));
}

}  // namespace

void parked_fibers(std::uint64_t fibers) {
    // Each holds 9 to 13 KiB: more of them would not fit into the memory of many machines.
    if (fibers > 100'000) {
        std::puts("parked_fibers absent");
        return;
    }
    double const resident = status_bytes("VmRSS:");
    double const page_tables = status_bytes("VmPTE:");

    auto const begin = std::chrono::steady_clock::now();
    boost::fibers::buffered_channel<std::uint64_t> release(128);
    boost::fibers::buffered_channel<std::uint64_t> results(128);
    boost::fibers::barrier started(fibers + 1);
    std::vector<boost::fibers::fiber> parked;
    parked.reserve(fibers);
    for (std::uint64_t i = 0; i != fibers; ++i) {
        parked.push_back(launch([&] {
            started.wait();
            results.push(release.value_pop());
        }));
    }
    started.wait();
    std::chrono::duration<double, std::nano> const to_start = std::chrono::steady_clock::now() - begin;
    double const per_fiber = 1 / static_cast<double>(fibers);
    double const resident_each = (status_bytes("VmRSS:") - resident) * per_fiber;
    double const page_tables_each = (status_bytes("VmPTE:") - page_tables) * per_fiber;
    double const maps = mappings();

    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i != fibers; ++i) {
        release.push(i);
        sum += results.value_pop();
    }
    for (boost::fibers::fiber& fiber : parked) fiber.join();

    report("parked_start", to_start.count() * per_fiber, sum);
    report("parked_resident", resident_each, sum);
    report("parked_page_tables", page_tables_each, sum);
    report("parked_mappings", maps, sum);
}

}  // namespace peer
