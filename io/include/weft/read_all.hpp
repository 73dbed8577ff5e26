#pragma once
#include <weft/stream.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <system_error>

namespace weft {

namespace detail {

/// The next size of a string that has been filled.
constexpr std::size_t grown(std::size_t size) noexcept { return size < 2048 ? 4096 : 2 * size; }

}  // namespace detail

/// Everything up to the end of the stream.
///
/// Blocks: until the stream ends.
/// Errors: of the reader; `message_size` if there are more than `limit` bytes. The form with an `error_code&` returns what had
/// arrived by then, at most `limit` bytes; one byte more may have been taken from the stream.
template <reader R>
std::string read_all(R&& from, std::size_t limit, std::error_code& ec) {
    ec.clear();
    std::string text;
    std::size_t size = 0;
    while (!ec) {
        if (size == text.size()) {
            // Up to one byte more than is allowed, which tells the end from too much.
            std::size_t const next = detail::grown(size);
            text.resize(next <= limit ? next : limit + 1);
        }
        std::size_t const got = from.read_some(std::as_writable_bytes(std::span(text).subspan(size)), ec);
        size += got;
        if (got == 0) break;
        if (size > limit) ec = std::make_error_code(std::errc::message_size);
    }
    text.resize(size <= limit ? size : limit);
    return text;
}

/// The same; a failure is thrown.
template <reader R>
std::string read_all(R&& from, std::size_t limit = no_limit) {
    return detail::or_throw("weft::read_all", [&](std::error_code& ec) { return weft::read_all(from, limit, ec); });
}

}  // namespace weft
