#pragma once
#include <weft/net.hpp>
#include <weft/stream.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <type_traits>

namespace weft::net {

/// How far a copy has come.
struct copy_progress {
    /// Taken from the source.
    std::uint64_t read = 0;
    /// Handed to the destination; less than `read` only if writing failed, timed out or was cancelled. What is between the
    /// two is lost: nothing can be put back.
    std::uint64_t written = 0;
};

/// Moves bytes from one stream to the other until the first ends, and returns how many. Neither is closed. The bytes stay in
/// the kernel (splice), unless that cannot be had.
///
/// Each piece is read, and written, as a unit; other readers and writers may come between pieces.
/// Blocks: until there is data, and until there is room.
/// Errors: of reading and writing. The message says how many bytes were read and written; cancelled while it waits for data, it
/// has written all that it has read.
std::uint64_t copy(stream_socket& from, stream_socket& to);
/// The same; a failure is reported in `ec`. Returns the number of bytes written.
std::uint64_t copy(stream_socket& from, stream_socket& to, std::error_code& ec);
/// The same; adds to `progress`.
void copy(stream_socket& from, stream_socket& to, copy_progress& progress, std::error_code& ec);

/// Sends a part of a file, of which `file` is a descriptor: up to `count` bytes from `offset` on, less only at its end.
/// Returns how many. The bytes stay in the kernel (sendfile); the file's position is neither used nor moved.
///
/// Blocks: until there is room. While the system reads from the disk it occupies its worker.
/// Errors: of reading and writing; the `error_code&` form returns the number of bytes sent.
std::uint64_t send_file(stream_socket& to, int file, std::uint64_t offset = 0, std::uint64_t count = UINT64_MAX);
/// The same; a failure is reported in `ec`.
std::uint64_t send_file(stream_socket& to, int file, std::uint64_t offset, std::uint64_t count, std::error_code& ec);

}  // namespace weft::net

namespace weft {

namespace detail {

/// A stream socket, or a reference to one.
template <class S>
concept kernel_stream = std::derived_from<std::remove_reference_t<S>, net::stream_socket>;

}  // namespace detail

/// `copy` of weft/copy.hpp for two sockets: `net::copy`.
template <reader R, writer W>
    requires detail::kernel_stream<R> && detail::kernel_stream<W> std::uint64_t copy(R&& from, W&& to,
                                                                                     std::error_code& ec) {
        return net::copy(from, to, ec);
    }
/// The same; a failure is thrown.
template <reader R, writer W>
    requires detail::kernel_stream<R> && detail::kernel_stream<W> std::uint64_t copy(R&& from, W&& to) {
        return net::copy(from, to);
    }

}  // namespace weft
