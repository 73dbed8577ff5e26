#include "dns_query.hpp"
#include "dns_records.hpp"
#include "endpoint_access.hpp"
#include "error_form.hpp"
#include "host_name.hpp"
#include "resolver_core.hpp"

#include <arpa/nameser.h>
#include <limits>
#include <stdexcept>
#include <utility>

namespace weft {

namespace detail {

namespace {

std::string asking(std::string_view name) { return std::string("weft::net: looking up \"").append(name).append("\""); }

std::string checked_name(std::string_view name) {
    if (!is_host_name(name)) throw std::system_error(make_error_code(net::dns_error::bad_name), asking(name));
    return std::string(name);
}

void refuse(std::string const& why) { throw std::invalid_argument("weft::net::resolver: " + why); }

}  // namespace

resolver_core::resolver_core(net::resolver_options options)
    : options_(std::move(options)), hosts_(options_.hosts_file) {
    constexpr unsigned most = 1000;
    for (net::endpoint const& server : options_.servers)
        if (endpoint_access::is_unix(server) || server == net::endpoint())
            refuse("a server is no internet address: \"" + server.to_string() + "\"");
    if (options_.timeout.count() <= 0 || options_.timeout.count() > std::numeric_limits<int>::max())
        refuse("the timeout is out of range: " + std::to_string(options_.timeout.count()) + " ms");
    if (options_.tries == 0 || options_.tries > most)
        refuse("the tries are out of range: " + std::to_string(options_.tries));
    if (options_.dots.value_or(0) > most) refuse("the dots are out of range: " + std::to_string(*options_.dots));
    for (std::string const& domain : options_.search.value_or(std::vector<std::string>()))
        if (!is_host_name(domain)) refuse("a search domain is no name: \"" + domain + "\"");
}

std::vector<net::endpoint> resolver_core::known_addresses(std::string_view host) const {
    if (std::optional<net::endpoint> const one = numeric(host, 0)) return {*one};
    std::string const name = canonical(checked_name(host));
    std::vector<net::endpoint> found = hosts_.addresses(name);
    if (found.empty() && is_localhost(name)) found = {*numeric("::1", 0), *numeric("127.0.0.1", 0)};
    return found;
}

std::vector<net::endpoint> resolver_core::ask_for_addresses(std::string_view host, int family) {
    std::string const name = checked_name(host);
    return for_addresses_
        .call(std::to_string(family) + " " + name, [&] { return dns_query(options_).addresses(name, family); })
        .value;
}

std::vector<std::string> resolver_core::names(net::endpoint const& address) {
    if (endpoint_access::is_unix(address) || address == net::endpoint())
        throw std::system_error(make_error_code(net::dns_error::bad_name), asking(address.to_string()));
    std::vector<std::string> known = hosts_.names(address);
    if (!known.empty()) return known;
    return for_names_.call("address " + address_text(address), [&] { return dns_query(options_).names(address); })
        .value;
}

std::string resolver_core::canonical_name(std::string_view host) {
    std::string const name = checked_name(host);
    auto const ask = [&] { return std::vector<std::string>{dns_query(options_).canonical_name(name)}; };
    return for_names_.call("name " + name, ask).value.front();
}

std::vector<net::mx_record> resolver_core::mail_servers(std::string_view domain) {
    std::string const name = checked_name(domain);
    return for_mail_.call(name, [&] { return parse_mx(dns_query(options_).records(name, ns_t_mx), asking(name)); })
        .value;
}

std::vector<net::srv_record> resolver_core::services(std::string_view of) {
    std::string const name = checked_name(of);
    return for_services_
        .call(name, [&] { return parse_srv(dns_query(options_).records(name, ns_t_srv), asking(name)); })
        .value;
}

std::vector<std::string> resolver_core::texts(std::string_view of) {
    std::string const name = checked_name(of);
    return for_texts_.call(name, [&] { return parse_txt(dns_query(options_).records(name, ns_t_txt), asking(name)); })
        .value;
}

}  // namespace detail

namespace net {

using detail::reported;

resolver::resolver() {
    // For ever: fibers may look something up during static destruction.
    static auto* const common =
        new std::shared_ptr<detail::resolver_core>(std::make_shared<detail::resolver_core>(resolver_options{}));
    core_ = *common;
}

resolver::resolver(resolver_options options) : core_(std::make_shared<detail::resolver_core>(std::move(options))) {}

std::vector<endpoint> resolver::lookup(std::string_view host, std::uint16_t port) const {
    std::vector<endpoint> found = core_->known_addresses(host);
    if (found.empty()) found = core_->ask_for_addresses(host, AF_UNSPEC);
    for (endpoint& one : found) one = detail::with_port(one, port);
    return found;
}
std::vector<endpoint> resolver::lookup(std::string_view host, std::uint16_t port, std::error_code& ec) const {
    return reported(ec, [&] { return lookup(host, port); });
}

std::vector<std::string> resolver::lookup_names(endpoint const& address) const { return core_->names(address); }
std::vector<std::string> resolver::lookup_names(endpoint const& address, std::error_code& ec) const {
    return reported(ec, [&] { return lookup_names(address); });
}

std::string resolver::lookup_cname(std::string_view host) const { return core_->canonical_name(host); }
std::string resolver::lookup_cname(std::string_view host, std::error_code& ec) const {
    return reported(ec, [&] { return lookup_cname(host); });
}

std::vector<mx_record> resolver::lookup_mx(std::string_view domain) const { return core_->mail_servers(domain); }
std::vector<mx_record> resolver::lookup_mx(std::string_view domain, std::error_code& ec) const {
    return reported(ec, [&] { return lookup_mx(domain); });
}

std::vector<srv_record> resolver::lookup_srv(std::string_view name) const { return core_->services(name); }
std::vector<srv_record> resolver::lookup_srv(std::string_view name, std::error_code& ec) const {
    return reported(ec, [&] { return lookup_srv(name); });
}

std::vector<std::string> resolver::lookup_txt(std::string_view name) const { return core_->texts(name); }
std::vector<std::string> resolver::lookup_txt(std::string_view name, std::error_code& ec) const {
    return reported(ec, [&] { return lookup_txt(name); });
}

std::vector<endpoint> resolve(std::string_view host, std::uint16_t port) { return resolver().lookup(host, port); }
std::vector<endpoint> resolve(std::string_view host, std::uint16_t port, std::error_code& ec) {
    return resolver().lookup(host, port, ec);
}

}  // namespace net

}  // namespace weft
