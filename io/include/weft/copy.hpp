#pragma once
#include <weft/stream.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>

namespace weft {

/// Moves bytes from a reader to a writer until the stream ends, and returns how many were written. Neither is closed.
///
/// An overload for two sockets or for a file and a socket, where there is one, lets the kernel move the bytes.
/// Blocks: as reading and writing do.
/// Errors: of either. What had been read and could not be written is lost with the connection that failed.
template <reader R, writer W>
std::uint64_t copy(R&& from, W&& to, std::error_code& ec) {
    constexpr std::size_t buffer_bytes = 32 * 1024;
    auto const memory = std::make_unique_for_overwrite<std::byte[]>(buffer_bytes);
    std::span const buffer(memory.get(), buffer_bytes);
    ec.clear();
    std::uint64_t written = 0;
    while (!ec) {
        std::size_t const got = from.read_some(buffer, ec);
        if (got == 0) break;
        // A reader may hand over bytes and report why there will be no more.
        std::error_code failed;
        written += to.write_all(std::span<std::byte const>(buffer.first(got)), failed);
        if (failed) ec = failed;
    }
    return written;
}

/// The same; a failure is thrown as `std::system_error`, a cancellation as `cancelled` or `deadline_exceeded`.
template <reader R, writer W>
std::uint64_t copy(R&& from, W&& to) {
    return detail::or_throw("weft::copy", [&](std::error_code& ec) { return weft::copy(from, to, ec); });
}

}  // namespace weft
