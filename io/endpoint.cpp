#include "endpoint_access.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

namespace weft {

namespace {

using detail::endpoint_access;

constexpr std::string_view unix_prefix = "unix:";
constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);

[[noreturn]] void refuse(std::string_view text, std::string const& why) {
    throw std::invalid_argument("weft::net::endpoint: \"" + std::string(text) + "\": " + why);
}

// The whole of `digits` as a number, without sign or spaces.
template <class Number>
bool read_number(std::string_view digits, Number& number) {
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size();
}

std::uint16_t read_port(std::string_view text, std::string_view digits) {
    std::uint16_t port = 0;
    if (digits.empty()) refuse(text, "the port is missing");
    if (!read_number(digits, port)) refuse(text, "the port is not a number from 0 to 65535");
    return htons(port);
}

std::uint32_t read_scope(std::string_view text, std::string const& scope) {
    std::uint32_t index = 0;
    if (scope.empty()) refuse(text, "the scope after % is empty");
    if (!read_number(std::string_view(scope), index)) index = ::if_nametoindex(scope.c_str());
    if (index == 0) refuse(text, "there is no interface \"" + scope + "\"");
    return index;
}

net::endpoint parse_unix(std::string_view text) {
    std::string_view const path = text.substr(unix_prefix.size());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    bool const is_abstract = path.starts_with('@');
    if (path.empty() || path == "@") refuse(text, "the path is empty");
    if (path.size() >= sizeof address.sun_path)
        refuse(text, "the path is longer than " + std::to_string(sizeof address.sun_path - 1) + " bytes");
    if (!is_abstract && path.find('\0') != path.npos)
        refuse(text.substr(0, text.find('\0')), "the path goes on after a zero byte");
    std::copy(path.begin(), path.end(), address.sun_path);
    if (is_abstract) address.sun_path[0] = '\0';
    // The terminating zero belongs to the address of a file, and would be part of an abstract name.
    return endpoint_access::make(&address, path_offset + path.size() + (is_abstract ? 0 : 1));
}

// "[address]:port" or "[address%scope]:port"
net::endpoint parse_v6(std::string_view text) {
    std::size_t const bracket = text.find(']');
    if (bracket == text.npos) refuse(text, "the ] is missing");
    if (bracket + 1 == text.size() || text[bracket + 1] != ':') refuse(text, "the port is missing");
    std::string_view const inside = text.substr(1, bracket - 1);
    std::size_t const percent = inside.find('%');

    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    if (::inet_pton(AF_INET6, std::string(inside.substr(0, percent)).c_str(), &address.sin6_addr) != 1)
        refuse(text, "not a numeric IPv6 address between the brackets");
    if (percent != inside.npos) address.sin6_scope_id = read_scope(text, std::string(inside.substr(percent + 1)));
    address.sin6_port = read_port(text, text.substr(bracket + 2));
    return endpoint_access::make(&address, sizeof address);
}

net::endpoint parse_v4(std::string_view text) {
    std::size_t const colon = text.find(':');
    if (colon == text.npos) refuse(text, "the port is missing");
    if (text.find(':', colon + 1) != text.npos) refuse(text, "an IPv6 address belongs in brackets: [address]:port");

    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (::inet_pton(AF_INET, std::string(text.substr(0, colon)).c_str(), &address.sin_addr) != 1)
        refuse(text, "not a numeric address; host names are not looked up");
    address.sin_port = read_port(text, text.substr(colon + 1));
    return endpoint_access::make(&address, sizeof address);
}

std::string unix_text(sockaddr_un const& address, std::size_t size) {
    std::string text(unix_prefix);
    if (size <= path_offset) return text;  // unnamed
    std::string_view path(address.sun_path, size - path_offset);
    if (path.front() == '\0') return (text += '@').append(path.substr(1));
    return text.append(path.substr(0, path.find('\0')));
}

// Copied out: the bytes of an endpoint are no object of these types.
template <class Address>
Address as(net::endpoint const& e) noexcept {
    Address address{};
    std::memcpy(&address, endpoint_access::address(e), std::min<std::size_t>(sizeof address, endpoint_access::size(e)));
    return address;
}

}  // namespace

namespace net {

endpoint endpoint::parse(std::string_view text) {
    if (text.starts_with(unix_prefix)) return parse_unix(text);
    // The system would read the address only up to there.
    if (std::size_t const zero = text.find('\0'); zero != text.npos)
        refuse(text.substr(0, zero), "goes on after a zero byte");
    if (text.starts_with('[')) return parse_v6(text);
    return parse_v4(text);
}

std::string endpoint::to_string() const {
    char digits[INET6_ADDRSTRLEN];
    switch (endpoint_access::family(*this)) {
    case AF_INET: {
        auto const address = as<sockaddr_in>(*this);
        return std::string(::inet_ntop(AF_INET, &address.sin_addr, digits, sizeof digits)) + ":" +
               std::to_string(port());
    }
    case AF_INET6: {
        auto const address = as<sockaddr_in6>(*this);
        std::string text = std::string("[") + ::inet_ntop(AF_INET6, &address.sin6_addr, digits, sizeof digits);
        if (address.sin6_scope_id != 0) text.append("%").append(std::to_string(address.sin6_scope_id));
        return text + "]:" + std::to_string(port());
    }
    case AF_UNIX: return unix_text(as<sockaddr_un>(*this), size_);
    default: return {};
    }
}

std::uint16_t endpoint::port() const noexcept {
    switch (endpoint_access::family(*this)) {
    case AF_INET: return ntohs(as<sockaddr_in>(*this).sin_port);
    case AF_INET6: return ntohs(as<sockaddr_in6>(*this).sin6_port);
    default: return 0;
    }
}

}  // namespace net

namespace detail {

net::endpoint endpoint_access::make(void const* address, std::size_t size) noexcept {
    net::endpoint made;
    static_assert(sizeof(sockaddr_un) <= sizeof made.bytes_ && sizeof(sockaddr_in6) <= sizeof made.bytes_);
    size = std::min(size, sizeof made.bytes_);
    std::memcpy(made.bytes_.data(), address, size);
    made.size_ = static_cast<std::uint8_t>(size);
    return made;
}

char const* endpoint_access::unix_path(net::endpoint const& e) noexcept {
    if (!is_unix(e) || e.size_ <= path_offset) return nullptr;
    char const* const path = reinterpret_cast<char const*>(e.bytes_.data()) + path_offset;
    return *path == '\0' ? nullptr : path;
}

}  // namespace detail

}  // namespace weft
