#include <weft/udp.hpp>

#include "endpoint_access.hpp"
#include "every_interface.hpp"
#include "socket_options.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

namespace weft::net {

namespace {

using namespace detail;

unsigned index_of(std::string_view interface) {
    unsigned index = 0;
    if (interface.empty()) return index;
    char const* const end = interface.data() + interface.size();
    auto const [stopped, error] = std::from_chars(interface.data(), end, index);
    if (error == std::errc{} && stopped == end) return index;
    index = ::if_nametoindex(std::string(interface).c_str());
    if (index == 0)
        throw std::invalid_argument("weft::net::udp_socket: there is no interface \"" + std::string(interface) + "\"");
    return index;
}

int family_of(descriptor* socket, char const* what) {
    return static_cast<int>(get_option(socket, SOL_SOCKET, SO_DOMAIN, what));
}

// One request for IPv4 and IPv6 alike.
void ask_for_group(descriptor* socket, int request, endpoint const& group, std::string_view interface,
                   char const* what) {
    group_req wanted{};
    wanted.gr_interface = index_of(interface);
    std::memcpy(&wanted.gr_group, endpoint_access::address(group), endpoint_access::size(group));
    bool const is_v6 = endpoint_access::family(group) == AF_INET6;
    if (is_v6 && wanted.gr_interface == 0) {
        sockaddr_in6 scoped{};
        std::memcpy(&scoped, &wanted.gr_group, sizeof scoped);
        wanted.gr_interface = scoped.sin6_scope_id;
    }
    ask_socket(socket, what, [&](int fd) {
        return calls::result(os().setsockopt(fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, request, &wanted, sizeof wanted));
    });
}

// A socket of IPv6 may send to groups of IPv4 too, by their mapped addresses, and obeys the options of IPv6 then.
void set_for_groups(descriptor* socket, int v4_option, int v6_option, int value, char const* what) {
    if (family_of(socket, what) == AF_INET6)
        set_option(socket, IPPROTO_IPV6, v6_option, value, what);
    else
        set_option(socket, IPPROTO_IP, v4_option, value, what);
}

void check(call_result const& r, std::string const& what) {
    if (r.error != 0) throw std::system_error(r.error, std::generic_category(), what);
}

void prepare(int fd, endpoint const& address, udp_options const& options, std::string const& what) {
    if (options.reuse_address) check(calls::set_flag(fd, SOL_SOCKET, SO_REUSEADDR), what);
    if (options.per_worker) check(calls::set_flag(fd, SOL_SOCKET, SO_REUSEPORT), what);
    if (endpoint_access::family(address) == AF_INET6)
        check(calls::set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only ? 1 : 0), what);
    check(calls::bind(fd, endpoint_access::address(address), endpoint_access::size(address)), what);
}

template <class Prepare>
udp_socket make_socket(endpoint const& address, std::string const& what, Prepare const& prepared) {
    if (endpoint_access::is_unix(address)) throw std::invalid_argument(what + ": this is no address of UDP");
    readiness_poller& watcher = poller_for_new_socket();
    call_result const made = calls::make_socket(endpoint_access::family(address), SOCK_DGRAM);
    check(made, what);
    int const fd = static_cast<int>(made.value);
    try {
        prepared(fd);
    } catch (...) {
        calls::close(fd);
        throw;
    }
    return socket_access::make<udp_socket>(descriptor::open(fd, watcher, descriptor_kind::socket));
}

}  // namespace

void udp_socket::set_broadcast(bool on) {
    set_option(socket_, SOL_SOCKET, SO_BROADCAST, on ? 1 : 0, "weft::net::udp_socket::set_broadcast");
}

void udp_socket::join(endpoint const& group, std::string_view interface) {
    ask_for_group(socket_, MCAST_JOIN_GROUP, group, interface, "weft::net::udp_socket::join");
}
void udp_socket::leave(endpoint const& group, std::string_view interface) {
    ask_for_group(socket_, MCAST_LEAVE_GROUP, group, interface, "weft::net::udp_socket::leave");
}
void udp_socket::set_multicast_loop(bool on) {
    set_for_groups(socket_, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, on ? 1 : 0,
                   "weft::net::udp_socket::set_multicast_loop");
}
void udp_socket::set_multicast_ttl(int hops) {
    set_for_groups(socket_, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops, "weft::net::udp_socket::set_multicast_ttl");
}
void udp_socket::set_multicast_interface(std::string_view interface) {
    constexpr auto what = "weft::net::udp_socket::set_multicast_interface";
    int const index = static_cast<int>(index_of(interface));
    if (family_of(socket_, what) == AF_INET6) return set_option(socket_, IPPROTO_IPV6, IPV6_MULTICAST_IF, index, what);
    ip_mreqn wanted{};
    wanted.imr_ifindex = index;
    ask_socket(socket_, what, [&](int fd) {
        return calls::result(os().setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &wanted, sizeof wanted));
    });
}

udp_socket bind_udp(endpoint const& address, udp_options options) {
    std::string const what = "weft::net::bind_udp(\"" + address.to_string() + "\")";
    return make_socket(address, what, [&](int fd) { prepare(fd, address, options, what); });
}

udp_socket bind_udp(std::string_view address, udp_options options) {
    return at_endpoint_or_everywhere(address, [&](endpoint const& at) { return bind_udp(at, options); });
}

udp_socket dial_udp(endpoint const& address) {
    std::string const what = "weft::net::dial_udp(\"" + address.to_string() + "\")";
    return make_socket(address, what, [&](int fd) {
        check(calls::connect(fd, endpoint_access::address(address), endpoint_access::size(address)), what);
    });
}

udp_socket dial_udp(std::string_view address) { return dial_udp(endpoint::parse(address)); }

}  // namespace weft::net
