#pragma once
// Answers of the DNS, as they came, taken apart.

#include <weft/dns.hpp>

#include <span>
#include <string>
#include <vector>

namespace weft::detail {

// Errors: `std::system_error` with a `dns_error`, `std::bad_alloc`. `about` begins the message.
std::vector<net::mx_record> parse_mx(std::span<unsigned char const> answer, std::string const& about);
std::vector<net::srv_record> parse_srv(std::span<unsigned char const> answer, std::string const& about);
std::vector<std::string> parse_txt(std::span<unsigned char const> answer, std::string const& about);

}  // namespace weft::detail
