#pragma once
// What a name of a host looks like, and which need nobody to ask.

#include <weft/net.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft::detail {

/// Whether the DNS can be asked for it: labels of 1 to 63 visible ASCII characters, 253 in all; a dot may end it.
bool is_host_name(std::string_view text) noexcept;

/// For comparing: without the dot at the end, in small letters.
std::string canonical(std::string_view name);

/// `localhost`, or a name below it. Source: RFC 6761, section 6.3
bool is_localhost(std::string_view canonical_name) noexcept;

/// The endpoint that a numeric address and a port are.
std::optional<net::endpoint> numeric(std::string_view address, std::uint16_t port);

/// The same address with another port.
net::endpoint with_port(net::endpoint const& at, std::uint16_t port) noexcept;

/// The address without the port: "127.0.0.1", "fe80::1%2".
std::string address_text(net::endpoint const& at);

}  // namespace weft::detail
