// Streams that do what a test has written down: they deliver in given pieces, take a given number of bytes, and fail where they are
// told to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace weft_test {

/// Delivers one piece per read; `fail` is a read that fails, once.
class scripted_reader {
public:
    static inline std::string const fail = "<fail>";

    scripted_reader(std::initializer_list<std::string> pieces) : pieces_(pieces) {}
    /// `text`, `size` bytes at a time.
    scripted_reader(std::string_view text, std::size_t size) {
        for (std::size_t at = 0; at < text.size(); at += size) pieces_.emplace_back(text.substr(at, size));
    }

    std::size_t read_some(std::span<std::byte> to) {
        std::error_code ec;
        std::size_t const got = read_some(to, ec);
        if (ec) throw std::system_error(ec);
        return got;
    }
    std::size_t read_some(std::span<std::byte> to, std::error_code& ec) {
        ec.clear();
        ++reads;
        largest = std::max(largest, to.size());
        if (pieces_.empty()) return 0;
        std::string& piece = pieces_.front();
        if (piece == fail) {
            ec = std::make_error_code(std::errc::connection_reset);
            pieces_.pop_front();
            return 0;
        }
        std::size_t const n = std::min(to.size(), piece.size());
        std::memcpy(to.data(), piece.data(), n);
        piece.erase(0, n);
        if (piece.empty()) pieces_.pop_front();
        return n;
    }

    std::size_t reads = 0;
    std::size_t largest = 0;  // buffer that it was given

private:
    std::deque<std::string> pieces_;
};

/// Takes `room` bytes and then fails until it is given more.
class scripted_writer {
public:
    explicit scripted_writer(std::size_t room_at_first = static_cast<std::size_t>(-1)) : room(room_at_first) {}

    std::size_t write_some(std::span<std::byte const> from) { return write_all(from); }
    std::size_t write_some(std::span<std::byte const> from, std::error_code& ec) { return write_all(from, ec); }
    std::size_t write_all(std::span<std::byte const> from) {
        std::error_code ec;
        std::size_t const taken = write_all(from, ec);
        if (ec) throw std::system_error(ec);
        return taken;
    }
    std::size_t write_all(std::span<std::byte const> from, std::error_code& ec) {
        ec.clear();
        ++writes;
        std::size_t const n = std::min(from.size(), room);
        room -= n;
        text.append(reinterpret_cast<char const*>(from.data()), n);
        if (n < from.size()) ec = std::make_error_code(std::errc::no_space_on_device);
        return n;
    }

    std::string text;
    std::size_t writes = 0;
    std::size_t room;
};

}  // namespace weft_test
