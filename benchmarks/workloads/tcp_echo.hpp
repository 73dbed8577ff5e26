// Workload about sockets: request and answer over loopback.
#pragma once
#include <weft/weft.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <system_error>

namespace workloads {

using tcp_message = std::array<std::byte, 64>;

inline void tcp_echo_server(weft::net::tcp_stream stream) {
    tcp_message buffer;
    while (std::size_t const n = stream.read_some(buffer)) stream.write_all(std::span(buffer).first(n));
}

inline std::uint64_t tcp_echo_client(std::string const& address, std::uint64_t first, std::uint64_t last) {
    weft::net::tcp_stream stream = weft::net::dial(address);
    tcp_message message{};
    tcp_message answer{};
    std::uint64_t sum = 0;
    for (std::uint64_t i = first; i != last; ++i) {
        std::memcpy(message.data(), &i, sizeof i);
        stream.write_all(message);
        stream.read_exact(answer);
        std::uint64_t value = 0;
        std::memcpy(&value, answer.data(), sizeof value);
        sum += value;
    }
    return sum;
}

/// One operation: 64 bytes go to a server in the same process and come back, on one of the connections.
inline std::uint64_t tcp_echo(unsigned connections, std::uint64_t round_trips) {
    auto listener = weft::net::listen("127.0.0.1:0");
    std::string const address = listener.local().to_string();
    auto accepting = weft::spawn([&listener] {
        std::error_code closed;
        for (;;) {
            auto stream = listener.accept(closed);
            if (closed) return;
            weft::go(tcp_echo_server, std::move(stream));
        }
    });

    auto const sums = weft::make_chan<std::uint64_t>();
    std::uint64_t const share = round_trips / connections;
    for (unsigned c = 0; c != connections; ++c) {
        weft::go([sums, &address, first = c * share, last = (c + 1) * share] {
            sums.send(tcp_echo_client(address, first, last));
        });
    }
    std::uint64_t total = 0;
    for (unsigned c = 0; c != connections; ++c) total += sums.recv().value();
    listener.close();
    accepting.join();
    return total;
}

}  // namespace workloads
