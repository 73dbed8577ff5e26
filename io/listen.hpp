#pragma once
#include "descriptor_reserve.hpp"
#include "failure.hpp"

#include <weft/net.hpp>

#include <memory>

namespace weft::detail {

struct listening {
    descriptor* socket = nullptr;
    std::shared_ptr<descriptor_reserve> reserve;
};

/// A socket that listens.
/// Errors: as `net::listen`.
listening listen_at(net::endpoint const& address, net::listen_options const& options);

}  // namespace weft::detail
