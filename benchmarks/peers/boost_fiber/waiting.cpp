#include "peer.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace peer {
namespace {

using channel = boost::fibers::unbuffered_channel<std::uint64_t>;

std::uint64_t receive_within(channel& from, std::chrono::seconds limit) {
    std::uint64_t value = 0;
    if (from.pop_wait_for(value, limit) != boost::fibers::channel_op_status::success) {
        std::fputs("a message took too long\n", stderr);
        std::exit(2);
    }
    return value;
}

}  // namespace

std::uint64_t sleep_microsecond(std::uint64_t sleeps) {
    constexpr std::uint64_t sleepers = 1'000;
    std::vector<std::uint64_t> counts(sleepers);
    std::vector<boost::fibers::fiber> fibers;
    for (std::uint64_t& count : counts) {
        fibers.push_back(launch([&count, sleeps] {
            for (; count != sleeps / sleepers; ++count) boost::this_fiber::sleep_for(std::chrono::microseconds(1));
        }));
    }
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
    std::uint64_t total = 0;
    for (std::uint64_t const count : counts) total += count;
    return total;
}

std::uint64_t timeout_ping_pong(std::uint64_t round_trips) {
    using namespace std::chrono_literals;
    channel ping, pong;
    auto partner = launch([&] {
        for (std::uint64_t i = 0; i != round_trips; ++i) pong.push(receive_within(ping, 1s) + 1);
    });
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i != round_trips; ++i) {
        ping.push(i);
        sum += receive_within(pong, 1s);
    }
    partner.join();
    return sum;
}

std::uint64_t mutex_contended(std::uint64_t operations) {
    constexpr std::uint64_t contenders = 64;
    boost::fibers::mutex mutex;
    std::uint64_t counter = 0;
    std::vector<boost::fibers::fiber> fibers;
    for (std::uint64_t c = 0; c != contenders; ++c) {
        fibers.push_back(launch([&] {
            for (std::uint64_t i = 0; i != operations / contenders; ++i) {
                std::lock_guard const lock(mutex);
                ++counter;
            }
        }));
    }
    for (boost::fibers::fiber& fiber : fibers) fiber.join();
    return counter;
}

}  // namespace peer
