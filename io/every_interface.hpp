#pragma once
#include "address_text.hpp"

#include <string>
#include <string_view>
#include <system_error>

namespace weft::detail {

/// `make(endpoint)` for what `local_endpoint` understands, or ":port", which means every interface, as in Go: by IPv6, which takes
/// IPv4 along, or by IPv4 where the system has no other.
template <class Make>
auto at_endpoint_or_everywhere(std::string_view text, Make const& make) {
    if (!text.starts_with(':')) return make(local_endpoint(text));
    try {
        return make(local_endpoint("[::]" + std::string(text)));
    } catch (std::system_error const& refused) {
        auto const& why = refused.code();
        if (why != std::errc::address_family_not_supported && why != std::errc::address_not_available) throw;
        return make(local_endpoint("0.0.0.0" + std::string(text)));
    }
}

}  // namespace weft::detail
