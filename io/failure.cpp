#include "failure.hpp"

#include "endpoint_access.hpp"

#include <weft/error.hpp>

namespace weft::detail {

net::endpoint address_of(descriptor& socket, call_result (*ask)(int, sockaddr_storage&) noexcept, char const* what) {
    sockaddr_storage address{};
    call_result const got = socket.call([&](int fd) { return ask(fd, address); });
    if (got.error != 0) throw std::system_error(got.error, std::generic_category(), what);
    return endpoint_access::make(&address, got.value);
}

readiness_poller& poller_for_new_socket() {
    poller* const here = current_poller();
    if (here == nullptr)
        throw runtime_stopped("weft: what a fiber can wait for is made by a fiber; this thread runs none");
    return static_cast<readiness_poller&>(*here);  // make_poller makes no other
}

}  // namespace weft::detail
