#include "peer.hpp"

#include <vector>

namespace peer {
namespace {

template <class Channel>
std::uint64_t fan(Channel& channel, unsigned producers, unsigned consumers, std::uint64_t messages) {
    std::vector<std::uint64_t> sums(consumers);
    std::vector<boost::fibers::fiber> receiving;
    for (unsigned c = 0; c != consumers; ++c) {
        receiving.push_back(launch([&channel, &result = sums[c]] {
            std::uint64_t sum = 0;
            for (std::uint64_t const value : channel) sum += value;
            result = sum;
        }));
    }

    std::vector<boost::fibers::fiber> sending;
    std::uint64_t const share = messages / producers;
    for (unsigned p = 0; p != producers; ++p) {
        sending.push_back(launch([&channel, first = p * share, last = (p + 1) * share] {
            for (std::uint64_t i = first; i != last; ++i) channel.push(i);
        }));
    }
    for (boost::fibers::fiber& fiber : sending) fiber.join();
    channel.close();

    std::uint64_t total = 0;
    for (boost::fibers::fiber& fiber : receiving) fiber.join();
    for (std::uint64_t const sum : sums) total += sum;
    return total;
}

}  // namespace

std::uint64_t ping_pong(std::uint64_t round_trips) {
    boost::fibers::unbuffered_channel<std::uint64_t> ping, pong;
    auto partner = launch([&] {
        for (std::uint64_t const value : ping) pong.push(value + 1);
    });
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i != round_trips; ++i) {
        ping.push(i);
        sum += pong.value_pop();
    }
    ping.close();
    partner.join();
    return sum;
}

std::uint64_t unbuffered_fan(unsigned producers, unsigned consumers, std::uint64_t messages) {
    boost::fibers::unbuffered_channel<std::uint64_t> channel;
    return fan(channel, producers, consumers, messages);
}

std::uint64_t buffered_fan(unsigned producers, unsigned consumers, std::uint64_t messages) {
    // Boost.Fiber wants a power of two, and holds one value less.
    boost::fibers::buffered_channel<std::uint64_t> channel(128);
    return fan(channel, producers, consumers, messages);
}

}  // namespace peer
