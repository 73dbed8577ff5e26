// What the machine itself makes of a schedule: threads that do nothing but look at the clock until the next request is due.
#pragma once
#include "arrivals.hpp"

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace workloads {

/// One queue, served in order by so many threads that never sleep and share nothing but a counter: without other programs on
/// the machine their delays are those of an ideal queue.
inline bool spin_for_requests(arrivals& requests, std::size_t servers, bool beside_hog) {
    std::atomic<std::size_t> next{0};
    std::atomic<bool> stop{false};
    std::thread hog;
    if (beside_hog)
        hog = std::thread([&stop] {
            while (!stop.load(std::memory_order_relaxed)) {}
        });
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i != servers; ++i) {
        threads.emplace_back([&] {
            for (std::size_t k = 0; (k = next.fetch_add(1, std::memory_order_relaxed)) < requests.size();) {
                while (weft::clock::now() < requests.due(k)) {}
                requests.serve(k);
            }
        });
    }
    bool const in_time = !requests.has_begun();
    for (std::thread& thread : threads) thread.join();
    stop.store(true, std::memory_order_relaxed);
    if (hog.joinable()) hog.join();
    return in_time;
}

}  // namespace workloads
