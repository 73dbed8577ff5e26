#pragma once
#include <weft/datagram_socket.hpp>

#include <string_view>

namespace weft::net {

/// How to bind a UDP socket.
struct udp_options {
    /// Let several sockets have the address; each gets the datagrams of a multicast group.
    bool reuse_address = false;
    /// Let several sockets, say one per worker, share the address; the system spreads senders over them.
    bool per_worker = false;
    /// At "[::]" receive by IPv6 only. Else IPv4 comes as well, from "[::ffff:127.0.0.1]".
    bool ipv6_only = false;
};

/// A UDP socket. Move-only; closes when destroyed.
///
/// A group of multicast is an endpoint, of which the port does not matter: "239.1.2.3:0", "[ff02::1%eth0]:0". An interface is
/// named ("eth0") or numbered ("2"); none is the system's choice.
/// Source: RFC 3678, section 5
class udp_socket : public datagram_socket {
public:
    /// Holds no socket.
    udp_socket() noexcept = default;
    /// Takes the socket over; operations in progress go on.
    udp_socket(udp_socket&&) noexcept = default;
    /// Closes the socket held so far, and takes the other's over.
    udp_socket& operator=(udp_socket&&) noexcept = default;
    ~udp_socket() = default;

    /// Whether it may send to broadcast addresses; at first it may not.
    void set_broadcast(bool on);

    /// Receives what is sent to `group`, through the interface.
    /// Errors: `std::invalid_argument` if there is no such interface; `std::system_error`, `address_in_use` for a group
    /// that it is in.
    void join(endpoint const& group, std::string_view interface = {});
    /// No longer.
    /// Errors: as `join`; `address_not_available` for a group that it is not in.
    void leave(endpoint const& group, std::string_view interface = {});
    /// Whether what it sends to a group reaches members on this machine; at first it does.
    void set_multicast_loop(bool on);
    /// How many networks what it sends to a group may pass; at first 1: this one only.
    void set_multicast_ttl(int hops);
    /// Through which interface it sends to groups.
    void set_multicast_interface(std::string_view interface);

private:
    friend struct detail::socket_access;
    explicit udp_socket(detail::descriptor& socket) noexcept : datagram_socket(socket) {}
};

/// A UDP socket at a numeric address, or at ":port", which is every interface, by IPv6 and IPv4 where the system has
/// both; with port 0 the system chooses.
/// Errors: `std::invalid_argument` for a text that is no endpoint, `std::system_error`, `runtime_stopped` outside a
/// runtime.
udp_socket bind_udp(std::string_view address, udp_options options = {});
/// The same for an address that has been parsed.
udp_socket bind_udp(endpoint const& address, udp_options options = {});

/// A UDP socket connected to a numeric address. Nothing is sent.
/// Errors: as `bind_udp`.
udp_socket dial_udp(std::string_view address);
/// The same for an address that has been parsed.
udp_socket dial_udp(endpoint const& address);

}  // namespace weft::net
