#include <weft/net.hpp>

#include "socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace weft::net {

using namespace detail;

void tcp_stream::set_no_delay(bool on) {
    set_option(socket_, IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0, "weft::net::tcp_stream::set_no_delay");
}
bool tcp_stream::no_delay() const {
    return get_option(socket_, IPPROTO_TCP, TCP_NODELAY, "weft::net::tcp_stream::no_delay") != 0;
}

void tcp_stream::set_keep_alive(std::optional<keep_alive> when) {
    constexpr auto what = "weft::net::tcp_stream::set_keep_alive";
    if (when) {
        set_option(socket_, IPPROTO_TCP, TCP_KEEPIDLE, as_option(when->idle.count()), what);
        set_option(socket_, IPPROTO_TCP, TCP_KEEPINTVL, as_option(when->interval.count()), what);
        set_option(socket_, IPPROTO_TCP, TCP_KEEPCNT, when->count, what);
    }
    set_option(socket_, SOL_SOCKET, SO_KEEPALIVE, when ? 1 : 0, what);
}

}  // namespace weft::net
