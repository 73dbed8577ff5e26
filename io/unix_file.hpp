#pragma once
#include "endpoint_access.hpp"

namespace weft::detail {

/// Removes the file that binding the socket has made, if it is a unix socket with one: as in Go, whoever made it takes it along.
inline void remove_unix_file(descriptor& socket) noexcept {
    sockaddr_storage address{};
    call_result const got = socket.call([&](int fd) { return calls::local_address(fd, address); });
    if (got.error != 0) return;  // closed before, and removed then
    net::endpoint const at = endpoint_access::make(&address, got.value);
    if (char const* path = endpoint_access::unix_path(at)) calls::remove_file(path);
}

/// The file that binding a unix socket makes: removed again, unless the socket takes it over.
class bound_file {
public:
    bound_file() noexcept = default;
    bound_file(bound_file const&) = delete;
    ~bound_file() {
        if (path_ != nullptr) calls::remove_file(path_);
    }

    /// `at`, which stays, has been bound.
    void made(net::endpoint const& at) noexcept { path_ = endpoint_access::unix_path(at); }
    void keep() noexcept { path_ = nullptr; }

private:
    char const* path_ = nullptr;
};

}  // namespace weft::detail
