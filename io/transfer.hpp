#pragma once
// Reading from and writing to whatever is a stream of bytes behind a descriptor: sockets, pipes, terminals.

#include "failure.hpp"

#include <cstddef>
#include <span>

namespace weft::detail {

/// Reads once, or with `fill` until the buffer is full. 0 bytes without an error: the end of the stream. `stream` may be
/// null, which is EBADF.
/// Blocks: until there is data.
outcome read_stream(descriptor* stream, std::span<std::byte> buffer, bool fill);

/// Reads once, into the parts one after the other. Empty ones are skipped; if all are, nothing is read.
outcome read_stream_parts(descriptor* socket, std::span<std::span<std::byte> const> parts);

/// Writes once, or with `everything` until all is written. `stream` may be null, which is EBADF.
/// Blocks: until there is room.
outcome write_stream(descriptor* stream, std::span<std::byte const> buffer, bool everything);

/// Writes all of all parts, one after the other.
outcome write_stream_parts(descriptor* socket, std::span<std::span<std::byte const> const> parts);

}  // namespace weft::detail
