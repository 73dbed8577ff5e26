#pragma once
#include "endpoint_access.hpp"

#include <string>
#include <string_view>
#include <system_error>

namespace weft::detail {

/// `make(endpoint)` for a text that is an endpoint, or ":port", which means every interface, as in Go: by IPv6, which takes
/// IPv4 along, or by IPv4 where the system has no other.
template <class Make>
auto at_endpoint_or_everywhere(std::string_view text, Make const& make) {
    if (!text.starts_with(':')) return make(net::endpoint::parse(text));
    try {
        return make(net::endpoint::parse("[::]" + std::string(text)));
    } catch (std::system_error const& refused) {
        auto const& why = refused.code();
        if (why != std::errc::address_family_not_supported && why != std::errc::address_not_available) throw;
        return make(net::endpoint::parse("0.0.0.0" + std::string(text)));
    }
}

}  // namespace weft::detail
