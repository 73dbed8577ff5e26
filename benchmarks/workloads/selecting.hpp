// Workloads about select.
#pragma once
#include <weft/weft.hpp>

#include <cstdint>
#include <optional>

namespace workloads {

/// One operation: a message from a peer that alternates between two unbuffered channels, received by a select over both.
inline std::uint64_t select_parked(std::uint64_t messages) {
    auto const a = weft::make_chan<std::uint64_t>();
    auto const b = weft::make_chan<std::uint64_t>();
    weft::go([a, b, messages] {
        for (std::uint64_t i = 0; i != messages; i += 2) {
            a.send(i);
            b.send(i + 1);
        }
    });
    std::uint64_t sum = 0;
    std::optional<std::uint64_t> value;
    for (std::uint64_t i = 0; i != messages; ++i) {
        weft::select(weft::on_recv(a, value), weft::on_recv(b, value));
        sum += value.value();
    }
    return sum;
}

/// One operation: a value is sent into a buffer and received by a select over it and a channel that is never ready.
inline std::uint64_t select_ready(std::uint64_t messages) {
    auto const ready = weft::make_chan<std::uint64_t>(1);
    auto const never = weft::make_chan<std::uint64_t>();
    std::uint64_t sum = 0;
    std::optional<std::uint64_t> value;
    for (std::uint64_t i = 0; i != messages; ++i) {
        ready.send(i);
        weft::select(weft::on_recv(ready, value), weft::on_recv(never, value));
        sum += value.value();
    }
    return sum;
}

/// One operation: a select with one channel that has nothing, and `otherwise`.
inline std::uint64_t select_default(std::uint64_t attempts) {
    auto const empty = weft::make_chan<std::uint64_t>(1);
    std::uint64_t misses = 0;
    std::optional<std::uint64_t> value;
    for (std::uint64_t i = 0; i != attempts; ++i)
        misses += weft::select(weft::on_recv(empty, value), weft::otherwise());
    return misses;
}

}  // namespace workloads
