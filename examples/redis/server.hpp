#pragma once
#include <weft/net.hpp>

#include "store.hpp"

namespace redis {

/// Answers whoever connects, each in a fiber of its own, until the listener is closed.
void serve(weft::net::tcp_listener& listener, store& data);

}  // namespace redis
