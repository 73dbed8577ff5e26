#pragma once
// One question to the DNS: a c-ares channel of its own, driven by the fiber that asks.
//
// The fiber alternates. c-ares runs, on sockets that do not block, and calls back into this object. Then the fiber sleeps
// until a socket that c-ares wants is ready, or until c-ares wants to ask again. While it sleeps no call of c-ares is in
// progress, so it may wake up on another thread.
//
// Invariants: only the asking fiber touches any of it: there is no lock.
//             A callback of c-ares throws nothing, and waits for nothing.
//             A socket is watched from the first sleep on. c-ares may have closed it before: it connects some only to see
//             which source address the system would choose (RFC 6724).
//             `lost`: the number is not this object's any more, and no call is made on it.
// Rejected:   one channel for everybody, with a lock or a fiber that drives it: a channel is for one thread at a time, its
//             sockets would belong to a runtime that ends before the process does, and a source port of its own for each
//             question is what makes answers hard to forge (RFC 5452).

#include <weft/clock.hpp>
#include <weft/detail/readiness_source.hpp>
#include <weft/dns.hpp>

#include <ares.h>
#include <memory>
#include <string>
#include <vector>

namespace weft::detail {

class dns_query {
public:
    /// Errors: `std::system_error`, `std::bad_alloc`; `runtime_stopped` outside a fiber.
    explicit dns_query(net::resolver_options const& options);
    ~dns_query();
    dns_query(dns_query const&) = delete;

    // Each asks once, for an object that has not been asked before.
    // Errors: `std::system_error` with a `dns_error` or an error number; `cancelled`; `std::bad_alloc`.
    // Blocks: until there is an answer, or all tries have timed out.

    /// `family`: AF_INET, AF_INET6, or AF_UNSPEC for both.
    std::vector<net::endpoint> addresses(std::string const& name, int family);
    std::vector<std::string> names(net::endpoint const& address);
    std::string canonical_name(std::string const& name);
    /// The answer as it came, for `ares_parse_…`. `type` as in <arpa/nameser.h>.
    std::vector<unsigned char> records(std::string const& name, int type);

private:
    struct socket {
        int fd;
        descriptor* watched = nullptr;
        bool wants_read = false;
        bool wants_write = false;
        bool lost = false;
    };
    struct interest;
    struct free_addresses {
        void operator()(ares_addrinfo* a) const noexcept { ares_freeaddrinfo(a); }
    };
    using found_addresses = std::unique_ptr<ares_addrinfo, free_addresses>;

    // What c-ares calls.
    static ares_socket_functions const socket_functions;
    static int open(int family, int type, int protocol, void* self) noexcept;
    static int close(int fd, void* self) noexcept;
    static int connect(int fd, sockaddr const* to, ares_socklen_t size, void* self) noexcept;
    static ares_ssize_t receive(int fd, void* to, std::size_t bytes, int flags, sockaddr* from, ares_socklen_t* size,
                                void* self) noexcept;
    static ares_ssize_t send(int fd, iovec const* parts, int count, void* self) noexcept;
    static void want(void* self, int fd, int readable, int writable) noexcept;

    static void on_addresses(void* self, int status, int timeouts, ares_addrinfo* found) noexcept;
    static void on_host(void* self, int status, int timeouts, hostent* found) noexcept;
    static void on_records(void* self, int status, int timeouts, unsigned char* answer, int bytes) noexcept;

    found_addresses look_up(std::string const& name, int family, int flags);
    void configure(net::resolver_options const& options);
    void finish(int status) noexcept;
    void wait_for_answer(std::string const& about);
    void serve();
    void watch_new();
    std::vector<interest> interests() const;
    socket* find(int fd) noexcept;
    [[noreturn]] void fail(std::string const& about) const;

    ares_channel channel_ = nullptr;
    std::vector<socket> sockets_;
    int out_of_ = 0;  // the error number if a socket could not be had
    int code_ = 0;    // of the last answer that came as a datagram
    bool finished_ = false;
    int status_ = ARES_SUCCESS;
    found_addresses addresses_;
    std::vector<std::string> names_;
    std::vector<unsigned char> answer_;
};

/// Throws what the status of a failed call of c-ares means. Errors: `std::bad_alloc`, `std::system_error`.
[[noreturn]] void throw_dns_failure(int status, std::string const& about);

}  // namespace weft::detail
