#include "address_text.hpp"

#include "endpoint_access.hpp"
#include "host_name.hpp"

#include <weft/dns.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace weft::detail {

namespace {

[[noreturn]] void refuse(std::string_view text, char const* why) {
    throw std::invalid_argument(std::string("weft::net: \"").append(text).append("\": ").append(why));
}

bool is_number(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::uint16_t read_port(std::string_view text, std::string_view port) {
    if (port.empty()) refuse(text, "the port is missing");
    std::uint16_t number = 0;
    if (is_number(port)) {
        if (std::from_chars(port.data(), port.data() + port.size(), number).ec != std::errc{})
            refuse(text, "the port is not a number from 0 to 65535");
        return number;
    }
    std::optional<std::uint16_t> const known = service_port(port);
    if (!known) refuse(text, "the port is neither a number nor the name of a service");
    return *known;
}

}  // namespace

named_address named_address::parse(std::string_view text) {
    std::size_t const colon = text.rfind(':');
    bool const in_brackets = text.starts_with('[');
    if (text.starts_with("unix:") || text.find('\0') != text.npos || colon == text.npos ||
        (in_brackets && !text.substr(0, colon).ends_with(']')))
        return {net::endpoint::parse(text), {}, 0};  // which says what is wrong

    std::string_view const host = text.substr(0, colon);
    std::string_view const port = text.substr(colon + 1);
    if (!in_brackets && host.find(':') != host.npos) refuse(text, "an IPv6 address stands in brackets: \"[::1]:80\"");
    std::uint16_t const number = read_port(text, port);
    if (in_brackets || host.empty() || detail::numeric(host, number))
        return {net::endpoint::parse(std::string(host).append(1, ':').append(std::to_string(number))), {}, 0};
    if (!is_host_name(host)) refuse(text, "not a host name before the port");
    return {std::nullopt, std::string(host), number};
}

net::endpoint local_endpoint(std::string_view text) {
    named_address const wanted = named_address::parse(text);
    if (wanted.numeric) return *wanted.numeric;
    std::vector<net::endpoint> const found = net::resolve(wanted.host, wanted.port);
    auto const v4 = std::find_if(found.begin(), found.end(),
                                 [](net::endpoint const& e) { return endpoint_access::family(e) == AF_INET; });
    return v4 == found.end() ? found.front() : *v4;
}

}  // namespace weft::detail
