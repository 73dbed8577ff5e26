#pragma once
// What all handles of a resolver share: its options, its hosts file, and the questions that are being asked.

#include "hosts_file.hpp"

#include <weft/dns.hpp>
#include <weft/single_flight.hpp>

#include <string>
#include <vector>

namespace weft::detail {

/// Thread safety: all members.
class resolver_core {
public:
    /// Errors: `std::invalid_argument`.
    explicit resolver_core(net::resolver_options options);

    /// What is known without a server: numeric addresses, those of the hosts file, `localhost`. Empty: nothing.
    /// Errors: `std::system_error`, `dns_error::bad_name`.
    std::vector<net::endpoint> known_addresses(std::string_view host) const;
    /// By the servers. `family`: AF_INET, AF_INET6, or AF_UNSPEC for both.
    std::vector<net::endpoint> ask_for_addresses(std::string_view host, int family);

    std::vector<std::string> names(net::endpoint const& address);
    std::string canonical_name(std::string_view host);
    std::vector<net::mx_record> mail_servers(std::string_view domain);
    std::vector<net::srv_record> services(std::string_view name);
    std::vector<std::string> texts(std::string_view name);

private:
    template <class T>
    using flights = single_flight<std::string, std::vector<T>>;

    net::resolver_options const options_;
    hosts_file const hosts_;
    flights<net::endpoint> for_addresses_;
    flights<std::string> for_names_;
    flights<net::mx_record> for_mail_;
    flights<net::srv_record> for_services_;
    flights<std::string> for_texts_;
};

/// The way from a handle to what it shares.
struct resolver_access {
    static resolver_core& core(net::resolver const& r) noexcept { return *r.core_; }
};

}  // namespace weft::detail
