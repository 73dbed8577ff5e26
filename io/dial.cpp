#include "address_text.hpp"
#include "connect.hpp"
#include "dial_race.hpp"
#include "error_form.hpp"
#include "host_name.hpp"
#include "resolver_core.hpp"

#include <weft/detail/bounded_scope.hpp>
#include <weft/dns.hpp>
#include <weft/this_fiber.hpp>

#include <cerrno>
#include <stdexcept>

namespace weft::net {

namespace {

using namespace detail;

std::string dialling(std::string_view text) { return std::string("weft::net::dial(\"").append(text).append("\")"); }

tcp_stream connected(endpoint const& to, clock::time_point deadline) {
    dialled d = connect_to(to, deadline);
    if (d.how.error != 0) throw_failure(d.how, dialling(to.to_string()));
    return std::move(d.stream);
}

tcp_stream dial_name(std::string_view text, named_address const& wanted, dial_options const& options) {
    std::vector<endpoint> known = resolver_access::core(options.names).known_addresses(wanted.host);
    for (endpoint& one : known) one = with_port(one, wanted.port);
    dial_race race(options, dialling(text));
    return known.empty() ? race.run(wanted.host, wanted.port) : race.run(known);
}

tcp_stream dial_until(std::string_view text, dial_options const& options, clock::time_point deadline) {
    named_address const wanted = named_address::parse(text);
    if (wanted.numeric) return connected(*wanted.numeric, deadline);
    if (deadline == clock::time_point::max()) return dial_name(text, wanted, options);
    try {
        bounded_scope const limit(deadline);
        return dial_name(text, wanted, options);
    } catch (deadline_exceeded const&) {
        this_fiber::check_cancelled();  // it may have been a deadline of the caller's
        throw std::system_error(ETIMEDOUT, std::generic_category(), dialling(text));
    }
}

template <class Dial>
tcp_stream with_error_code(std::error_code& ec, Dial const& dial) {
    try {
        return reported(ec, dial);
    } catch (std::invalid_argument const&) {
        ec = std::make_error_code(std::errc::invalid_argument);
        return {};
    }
}

}  // namespace

tcp_stream dial(endpoint const& address) { return connected(address, clock::time_point::max()); }

tcp_stream dial(std::string_view address) { return dial_until(address, {}, clock::time_point::max()); }

tcp_stream dial(std::string_view address, clock::duration timeout) {
    return dial_until(address, {}, deadline_after(timeout));
}

tcp_stream dial(std::string_view address, std::error_code& ec) {
    return with_error_code(ec, [&] { return dial(address); });
}

tcp_stream dial(std::string_view address, dial_options const& options) {
    return dial_until(address, options, deadline_after(options.timeout));
}

tcp_stream dial(std::string_view address, dial_options const& options, std::error_code& ec) {
    return with_error_code(ec, [&] { return dial(address, options); });
}

}  // namespace weft::net
