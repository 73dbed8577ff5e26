// Connections for tests, over loopback only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <weft/clock.hpp>
#include <weft/go.hpp>
#include <weft/net.hpp>

namespace weft_test {

/// The two ends of a TCP connection.
struct connection {
    weft::net::tcp_stream near, far;
};

inline connection connect(weft::net::tcp_listener& listener) {
    connection made;
    made.near = weft::net::dial(listener.local());
    made.far = listener.accept();
    return made;
}

inline connection connect(char const* address = "127.0.0.1:0") {
    auto listener = weft::net::listen(address);
    return connect(listener);
}

inline std::span<std::byte> writable(std::string& s) { return std::as_writable_bytes(std::span(s)); }

/// What arrives next, up to `most` bytes; empty at the end of the stream.
inline std::string receive(weft::net::tcp_stream& from, std::size_t most = 1024) {
    std::string text(most, '\0');
    text.resize(from.read_some(writable(text)));
    return text;
}

inline void send(weft::net::tcp_stream& to, std::string_view text) { to.write_all(weft::as_bytes(text)); }

/// `size` bytes in which no stretch repeats soon.
inline std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    std::size_t value = 1;
    for (char& c : text) c = static_cast<char>((value = value * 1103515245 + 12345) >> 16);
    return text;
}

/// Writes until the system takes no more, so that the next write waits. Returns the number of bytes.
inline std::size_t fill(weft::net::tcp_stream& stream) {
    // An acknowledgement that the other side delays makes room once more: 40 ms is what Linux allows itself.
    constexpr auto long_enough = std::chrono::milliseconds(120);
    std::string const chunk(64 * 1024, 'x');
    std::size_t sent = 0;
    for (std::size_t last = 1; last != 0; sent += last) {
        std::error_code full;
        stream.set_write_deadline(weft::clock::now() + long_enough);
        last = stream.write_all(weft::as_bytes(chunk), full);
    }
    stream.set_write_deadline(weft::clock::time_point::max());
    return sent;
}

/// A deadline that has passed.
inline weft::clock::time_point past() { return weft::clock::now() - std::chrono::hours(1); }

}  // namespace weft_test
