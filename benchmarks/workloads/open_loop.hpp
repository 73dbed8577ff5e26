// Workloads of benchmarks/latency: many fibers wait, and each request of a schedule makes one of them run.
#pragma once
#include "arrivals.hpp"

#include <weft/weft.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace workloads {

/// Between the start of the fibers and the first request: enough for ten thousand of them to start and park.
inline constexpr auto lead_time = std::chrono::milliseconds(500);

/// A fiber that computes without a break until this object goes.
class hog {
public:
    hog()
        : computing_(weft::spawn([this] {
              started_.store(true, std::memory_order_relaxed);
              while (!stop_.load(std::memory_order_relaxed)) {}
          })) {
        while (!started_.load(std::memory_order_relaxed)) weft::this_fiber::sleep_for(std::chrono::milliseconds(1));
    }
    ~hog() { stop_.store(true, std::memory_order_relaxed); }
    hog(hog const&) = delete;
    hog& operator=(hog const&) = delete;

private:
    std::atomic<bool> started_{false};
    std::atomic<bool> stop_{false};
    weft::fiber<> computing_;  // joined after stop_ was set: the body of the destructor comes first
};

/// One fiber sleeps until the next request is due, and sends its number to one of the others. Those wait on a channel each, with
/// room for one value, so that the sender never waits for them.
/// Returns whether all of them were ready before the first request; else the times mean nothing.
inline bool wake_by_channel(arrivals& requests, std::size_t fibers, bool beside_hog) {
    std::vector<weft::chan<std::size_t>> doors;
    for (std::size_t i = 0; i != fibers; ++i) doors.push_back(weft::make_chan<std::size_t>(1));
    weft::wait_group ready;
    weft::wait_group served;
    ready.add(static_cast<std::ptrdiff_t>(fibers));
    for (auto const& door : doors) {
        served.go([&, door] {
            ready.done();
            for (std::size_t const request : door) requests.serve(request);
        });
    }
    ready.wait();
    std::optional<hog> neighbour;
    if (beside_hog) neighbour.emplace();
    bool const in_time = !requests.has_begun();
    auto door = doors.begin();
    for (std::size_t k = 0; k != requests.size(); ++k) {
        weft::this_fiber::sleep_until(requests.due(k));
        requests.note_wake(k);
        door->send(k);
        if (++door == doors.end()) door = doors.begin();
    }
    for (auto const& d : doors) d.close();
    served.wait();
    return in_time;
}

/// Every fiber sleeps until its own next request is due. Returns as above.
inline bool wake_by_timer(arrivals& requests, std::size_t fibers, bool beside_hog) {
    weft::wait_group ready;
    weft::wait_group served;
    ready.add(static_cast<std::ptrdiff_t>(fibers));
    for (std::size_t i = 0; i != fibers; ++i) {
        served.go([&, i] {
            ready.done();
            for (std::size_t k = i; k < requests.size(); k += fibers) {
                weft::this_fiber::sleep_until(requests.due(k));
                requests.serve(k);
            }
        });
    }
    ready.wait();
    std::optional<hog> neighbour;
    if (beside_hog) neighbour.emplace();
    bool const in_time = !requests.has_begun();
    served.wait();
    return in_time;
}

}  // namespace workloads
