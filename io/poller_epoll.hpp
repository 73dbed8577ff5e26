#pragma once
#include "readiness_poller.hpp"

#include <memory>

namespace weft::detail {

/// Errors: `std::system_error` when descriptors are refused.
std::unique_ptr<readiness_poller> make_epoll_poller();

}  // namespace weft::detail
