// Workloads about channels without select.
#pragma once
#include <weft/weft.hpp>

#include <cstddef>
#include <cstdint>

namespace workloads {

/// One operation: a value goes to the other fiber and an answer comes back, each over an unbuffered channel.
inline std::uint64_t ping_pong(std::uint64_t round_trips) {
    auto const ping = weft::make_chan<std::uint64_t>();
    auto const pong = weft::make_chan<std::uint64_t>();
    weft::go([ping, pong] {
        for (std::uint64_t const value : ping) pong.send(value + 1);
        pong.close();
    });
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i != round_trips; ++i) {
        ping.send(i);
        sum += pong.recv().value();
    }
    ping.close();
    pong.recv();  // the partner is done
    return sum;
}

/// One operation: a message goes from one of the producers over one channel to one of the consumers.
inline std::uint64_t fan(std::ptrdiff_t capacity, unsigned producers, unsigned consumers, std::uint64_t messages) {
    auto const ch = weft::make_chan<std::uint64_t>(capacity);
    auto const sums = weft::make_chan<std::uint64_t>(consumers);
    for (unsigned c = 0; c != consumers; ++c) {
        weft::go([ch, sums] {
            std::uint64_t sum = 0;
            for (std::uint64_t const value : ch) sum += value;
            sums.send(sum);
        });
    }

    weft::wait_group done;
    std::uint64_t const share = messages / producers;
    for (unsigned p = 0; p != producers; ++p) {
        done.go([ch, first = p * share, last = (p + 1) * share] {
            for (std::uint64_t i = first; i != last; ++i) ch.send(i);
        });
    }
    done.wait();
    ch.close();

    std::uint64_t total = 0;
    for (unsigned c = 0; c != consumers; ++c) total += sums.recv().value();
    return total;
}

}  // namespace workloads
