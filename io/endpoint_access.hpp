#pragma once
#include "descriptor.hpp"

#include <weft/net.hpp>

#include <sys/socket.h>

namespace weft::detail {

/// The system's view of an endpoint.
struct endpoint_access {
    static sockaddr const* address(net::endpoint const& e) noexcept {
        return reinterpret_cast<sockaddr const*>(e.bytes_.data());
    }
    static socklen_t size(net::endpoint const& e) noexcept { return e.size_; }
    static int family(net::endpoint const& e) noexcept { return e.size_ == 0 ? AF_UNSPEC : address(e)->sa_family; }

    static bool is_unix(net::endpoint const& e) noexcept { return family(e) == AF_UNIX; }
    static descriptor_kind kind(net::endpoint const& e) noexcept {
        return is_unix(e) ? descriptor_kind::socket : descriptor_kind::tcp;
    }
    /// The file of a unix socket; null if it has none.
    static char const* unix_path(net::endpoint const& e) noexcept;

    static net::endpoint make(void const* address, std::size_t size) noexcept;
};

}  // namespace weft::detail
