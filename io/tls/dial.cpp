#include <weft/context.hpp>
#include <weft/net.hpp>
#include <weft/tls_stream.hpp>

namespace weft::tls {

namespace {

// "example.org:443", "[::1]:443"; what is no address of a host has been refused by net::dial.
std::string_view host_of(std::string_view address) noexcept { return address.substr(0, address.rfind(':')); }

}  // namespace

stream dial(std::string_view address, client_config const& config) {
    stream made = client(net::dial(address), host_of(address), config);
    made.handshake();
    return made;
}

stream dial(std::string_view address, client_config const& config, clock::duration timeout) {
    clock::time_point const deadline = detail::deadline_after(timeout);
    stream made = client(net::dial(address, timeout), host_of(address), config);
    made.set_deadline(deadline);
    made.handshake();
    made.clear_deadline();
    return made;
}

stream dial(std::string_view address, client_config const& config, std::error_code& ec) {
    net::tcp_stream transport = net::dial(address, ec);
    if (ec) return {};
    stream made = client(std::move(transport), host_of(address), config);
    made.handshake(ec);
    return ec ? stream() : std::move(made);
}

}  // namespace weft::tls
