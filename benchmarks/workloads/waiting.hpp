// Workloads about time and locks.
#pragma once
#include <weft/weft.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace workloads {

/// One operation: one of 1,000 fibers sleeps 1 µs.
inline std::uint64_t sleep_microsecond(std::uint64_t sleeps) {
    constexpr std::uint64_t sleepers = 1'000;
    auto const counts = weft::make_chan<std::uint64_t>(sleepers);
    for (std::uint64_t s = 0; s != sleepers; ++s) {
        weft::go([counts, sleeps] {
            std::uint64_t count = 0;
            for (; count != sleeps / sleepers; ++count) weft::this_fiber::sleep_for(std::chrono::microseconds(1));
            counts.send(count);
        });
    }
    std::uint64_t total = 0;
    for (std::uint64_t s = 0; s != sleepers; ++s) total += counts.recv().value();
    return total;
}

/// One operation: a round trip as in `ping_pong`, each receive bounded by a second. Both receives park, so that
/// each arms a timer and stops it.
inline std::uint64_t timeout_ping_pong(std::uint64_t round_trips) {
    using namespace std::chrono_literals;
    auto const ping = weft::make_chan<std::uint64_t>();
    auto const pong = weft::make_chan<std::uint64_t>();
    weft::go([ping, pong, round_trips] {
        std::optional<std::uint64_t> value;
        for (std::uint64_t i = 0; i != round_trips; ++i) {
            weft::select(weft::on_recv(ping, value), weft::on_timeout(1s));
            pong.send(value.value() + 1);
        }
    });
    std::uint64_t sum = 0;
    std::optional<std::uint64_t> value;
    for (std::uint64_t i = 0; i != round_trips; ++i) {
        ping.send(i);
        weft::select(weft::on_recv(pong, value), weft::on_timeout(1s));
        sum += value.value();
    }
    return sum;
}

/// One operation: one of 64 fibers locks the mutex they share, counts, unlocks it.
inline std::uint64_t mutex_contended(std::uint64_t operations) {
    constexpr std::uint64_t contenders = 64;
    weft::mutex mutex;
    std::uint64_t counter = 0;
    weft::wait_group done;
    for (std::uint64_t c = 0; c != contenders; ++c) {
        done.go([&mutex, &counter, operations] {
            for (std::uint64_t i = 0; i != operations / contenders; ++i) {
                std::lock_guard const lock(mutex);
                ++counter;
            }
        });
    }
    done.wait();
    return counter;
}

}  // namespace workloads
