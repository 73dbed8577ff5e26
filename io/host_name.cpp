#include "host_name.hpp"

#include "endpoint_access.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace weft::detail {

bool is_host_name(std::string_view text) noexcept {
    constexpr std::size_t longest_name = 253;
    constexpr std::size_t longest_label = 63;
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.empty() || text.size() > longest_name) return false;
    std::size_t label = 0;
    for (char const c : text) {
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
            continue;
        }
        // A backslash would begin an escape, a colon or a slash belongs to another kind of text.
        bool const visible = c > ' ' && c < '\x7f';
        if (!visible || std::string_view("\\:/@[]\"").find(c) != std::string_view::npos) return false;
        if (++label > longest_label) return false;
    }
    return label != 0;
}

std::string canonical(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    std::string small(name);
    for (char& c : small)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return small;
}

bool is_localhost(std::string_view name) noexcept { return name == "localhost" || name.ends_with(".localhost"); }

std::optional<net::endpoint> numeric(std::string_view address, std::uint16_t port) {
    if (address.find('\0') != address.npos) return std::nullopt;
    bool const v6 = address.find(':') != address.npos;
    in_addr scratch{};
    if (!v6 && ::inet_pton(AF_INET, std::string(address).c_str(), &scratch) != 1) return std::nullopt;
    std::string text(address);
    if (v6) text.insert(0, 1, '[').append(1, ']');
    try {
        return net::endpoint::parse(text.append(1, ':').append(std::to_string(port)));
    } catch (std::invalid_argument const&) {
        return std::nullopt;
    }
}

net::endpoint with_port(net::endpoint const& at, std::uint16_t port) noexcept {
    int const family = endpoint_access::family(at);
    std::size_t place = 0;
    if (family == AF_INET)
        place = offsetof(sockaddr_in, sin_port);
    else if (family == AF_INET6)
        place = offsetof(sockaddr_in6, sin6_port);
    else
        return at;
    sockaddr_storage address{};
    std::memcpy(&address, endpoint_access::address(at), endpoint_access::size(at));
    in_port_t const in_order = htons(port);
    std::memcpy(reinterpret_cast<std::byte*>(&address) + place, &in_order, sizeof in_order);
    return endpoint_access::make(&address, endpoint_access::size(at));
}

std::string address_text(net::endpoint const& at) {
    std::string text = at.to_string();
    text.resize(text.rfind(':'));
    if (text.starts_with('[')) text = text.substr(1, text.size() - 2);
    return text;
}

}  // namespace weft::detail
