#pragma once
// What a program writes to say where to dial or to listen: an endpoint, or a name and a port.

#include <weft/net.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft::detail {

/// "host:port", taken apart. The port may be a number or the name of a TCP service.
struct named_address {
    std::optional<net::endpoint> numeric;  // it is one: nothing has to be looked up, and the rest is empty
    std::string host;
    std::uint16_t port = 0;

    /// Errors: `std::invalid_argument` that says what is wrong.
    static named_address parse(std::string_view text);
};

/// Where to listen when told `text`; of several addresses of a name the first of IPv4, as in Go.
/// Errors: `std::invalid_argument`; those of `net::resolve`.
net::endpoint local_endpoint(std::string_view text);

/// The port of a TCP service; none: nobody knows it.
std::optional<std::uint16_t> service_port(std::string_view service);

}  // namespace weft::detail
