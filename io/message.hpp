#pragma once
// Datagrams, and bytes that come with descriptors: one sendmsg or recvmsg each.

#include "failure.hpp"

#include <weft/net.hpp>
#include <weft/unique_fd.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace weft::detail {

/// As many descriptors as Linux passes with one message: SCM_MAX_FD.
inline constexpr std::size_t most_descriptors = 253;

struct outgoing_message {
    std::span<std::byte const> data;
    net::endpoint const* to = nullptr;  // null: where the socket is connected
    std::span<int const> descriptors = {};
};

/// Sends once; on a stream this may be a part of the data. `socket` may be null, which is EBADF.
/// Blocks: until there is room.
outcome send_message(descriptor* socket, outgoing_message const& message);

/// Writes all of `data`, at least a byte, to a unix stream, and passes the descriptors with the first.
outcome send_stream_with(descriptor* stream, std::span<std::byte const> data, std::span<int const> descriptors);

struct incoming_message {
    outcome how;
    std::size_t sent = 0;  // the size of the datagram, in the buffer or not
    net::endpoint from{};
    bool descriptors_lost = false;
};

/// Receives once. Descriptors are appended to `passed`, or closed if it is null. `socket` may be null, which is EBADF.
/// Blocks: until there is something.
incoming_message receive_message(descriptor* socket, std::span<std::byte> buffer,
                                 std::vector<unique_fd>* passed = nullptr);

}  // namespace weft::detail
