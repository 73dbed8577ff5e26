#include "listen.hpp"

#include "endpoint_access.hpp"
#include "unix_file.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>

namespace weft {

namespace {

using namespace detail;

void check(call_result const& r, std::string const& what) {
    if (r.error != 0) throw std::system_error(r.error, std::generic_category(), what);
}

void prepare(int fd, net::endpoint const& address, net::listen_options const& options, std::string const& what,
             bound_file& file) {
    if (!endpoint_access::is_unix(address)) {
        if (options.reuse_address) check(calls::set_flag(fd, SOL_SOCKET, SO_REUSEADDR), what);
        if (options.per_worker) check(calls::set_flag(fd, SOL_SOCKET, SO_REUSEPORT), what);
        // Inherited by the connections it accepts, which saves each a system call.
        check(calls::set_flag(fd, IPPROTO_TCP, TCP_NODELAY), what);
    }
    // Said either way: the system's default is the administrator's choice.
    if (endpoint_access::family(address) == AF_INET6)
        check(calls::set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only ? 1 : 0), what);
    check(calls::bind(fd, endpoint_access::address(address), endpoint_access::size(address)), what);
    file.made(address);
    check(calls::listen(fd, options.backlog), what);
}

}  // namespace

namespace detail {

listening listen_at(net::endpoint const& address, net::listen_options const& options) {
    if (options.backlog < 0)
        throw std::invalid_argument("weft::net::listen: the backlog is negative: " + std::to_string(options.backlog));
    readiness_poller& watcher = poller_for_new_socket();
    listening made;
    if (options.shed_when_full) made.reserve = std::make_shared<descriptor_reserve>();
    std::string const what = "weft::net::listen(\"" + address.to_string() + "\")";
    call_result const number = calls::make_socket(endpoint_access::family(address));
    check(number, what);
    int const fd = static_cast<int>(number.value);
    bound_file file;
    try {
        prepare(fd, address, options, what, file);
    } catch (...) {
        calls::close(fd);
        throw;
    }
    made.socket = &descriptor::open(
        fd, watcher, endpoint_access::is_unix(address) ? descriptor_kind::socket : descriptor_kind::tcp_listener);
    file.keep();
    return made;
}

}  // namespace detail

}  // namespace weft
