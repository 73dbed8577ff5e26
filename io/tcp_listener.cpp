#include <weft/net.hpp>

#include "every_interface.hpp"
#include "listen.hpp"

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

tcp_listener listen(std::string_view address, listen_options options) {
    return at_endpoint_or_everywhere(address, [&](endpoint const& at) { return listen(at, options); });
}

}  // namespace weft::net
