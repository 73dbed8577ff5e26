#pragma once
#include "failure.hpp"

#include <weft/net.hpp>

namespace weft::detail {

/// How an attempt to connect ended.
struct dialled {
    outcome how;
    net::tcp_stream stream;
};

/// Connects to one endpoint.
/// Blocks: until the connection stands or fails, or `deadline` (ETIMEDOUT).
/// Errors: `runtime_stopped` outside a fiber; `std::system_error` if the poller refuses the socket.
dialled connect_to(net::endpoint const& to, clock::time_point deadline);

}  // namespace weft::detail
