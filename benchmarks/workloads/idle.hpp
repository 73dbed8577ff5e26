// Workload in which nothing happens.
#pragma once
#include <weft/weft.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <span>

namespace workloads {

struct idle_result {
    double cpu_percent;  // of one processor, used by the whole process while it was idle
    std::uint64_t woken;
};

inline std::chrono::duration<double> process_cpu_time() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Two seconds in a process with so many parked fibers and so many connected sockets, each with a fiber that reads. Then all
/// of them wake up, and the fibers are counted.
inline idle_result idle_process(std::uint64_t fibers, unsigned sockets) {
    using namespace std::chrono_literals;
    auto const never = weft::make_chan<weft::unit>();
    auto const woken = weft::make_chan<std::uint64_t>();
    for (std::uint64_t i = 0; i != fibers; ++i) {
        weft::go([never, woken] {
            never.recv();
            woken.send(1);
        });
    }
    auto const wait_for_input = [](weft::net::tcp_stream stream) {
        std::array<std::byte, 64> buffer;
        stream.read_some(std::span(buffer));
    };
    auto listener = weft::net::listen("127.0.0.1:0");
    for (unsigned made = 0; made < sockets; made += 2) {
        weft::go(wait_for_input, weft::net::dial(listener.local()));
        weft::go(wait_for_input, listener.accept());
    }
    weft::this_fiber::sleep_for(500ms);  // all of them have parked, the monitor too

    std::chrono::duration<double> const before = process_cpu_time();
    auto const begin = weft::clock::now();
    weft::this_fiber::sleep_for(2s);
    std::chrono::duration<double> const used = process_cpu_time() - before;
    std::chrono::duration<double> const passed = weft::clock::now() - begin;

    idle_result result{.cpu_percent = 100 * (used / passed), .woken = 0};
    never.close();
    for (std::uint64_t i = 0; i != fibers; ++i) result.woken += woken.recv().value();
    return result;
}

}  // namespace workloads
