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

/// Writes once, or with `everything` until all is written. `stream` may be null, which is EBADF.
/// Blocks: until there is room.
outcome write_stream(descriptor* stream, std::span<std::byte const> buffer, bool everything);

}  // namespace weft::detail
