#include <weft/net.hpp>

#include "endpoint_access.hpp"
#include "listen.hpp"

#include <string>

namespace weft::net {

using namespace detail;

tcp_stream tcp_listener::accept() { return socket_access::make<tcp_stream>(accept_next()); }

tcp_stream tcp_listener::accept(std::error_code& ec) {
    descriptor* const socket = accept_next(ec);
    return socket == nullptr ? tcp_stream() : socket_access::make<tcp_stream>(*socket);
}

tcp_listener listen(endpoint const& address, listen_options options) {
    return socket_access::listener<tcp_listener>(listen_at(address, options));
}

// Every interface, as ":port" means in Go: by IPv6, which takes IPv4 along, or by IPv4 where the system has no other.
tcp_listener listen(std::string_view address, listen_options options) {
    if (!address.starts_with(':')) return listen(endpoint::parse(address), options);
    try {
        return listen(endpoint::parse("[::]" + std::string(address)), options);
    } catch (std::system_error const& refused) {
        bool const is_missing = refused.code() == std::errc::address_family_not_supported ||
                                refused.code() == std::errc::address_not_available;
        if (!is_missing) throw;
        return listen(endpoint::parse("0.0.0.0" + std::string(address)), options);
    }
}

}  // namespace weft::net
