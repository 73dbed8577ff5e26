#pragma once
#include <weft/clock.hpp>
#include <weft/net.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace weft {

namespace detail {
class resolver_core;
struct resolver_access;
}  // namespace detail

namespace net {

/// Why a question to the DNS has no answer.
enum class dns_error {
    host_not_found = 1,  ///< There is no such name.
    no_data,             ///< The name exists, but not with what was asked for.
    timed_out,           ///< No server answered in time. Equivalent to `std::errc::timed_out`.
    refused,             ///< The servers refuse to answer.
    server_failure,      ///< The servers could not find it out.
    bad_answer,          ///< What came back makes no sense.
    unreachable,         ///< No server could be reached. Equivalent to `std::errc::host_unreachable`.
    bad_name             ///< The text is no host name. Equivalent to `std::errc::invalid_argument`.
};

/// The category of these errors.
std::error_category const& dns_category() noexcept;
/// The error as a code of `dns_category`.
inline std::error_code make_error_code(dns_error e) noexcept { return {static_cast<int>(e), dns_category()}; }

/// Where a resolver asks, and how patiently.
struct resolver_options {
    /// Servers to ask, in this order; port 0 is 53. Empty: those of `configuration`.
    std::vector<endpoint> servers{};
    /// Domains that are tried after a short name. None given: those of `configuration`.
    std::optional<std::vector<std::string>> search{};
    /// How many dots make a name that is asked as it is before the search domains are tried. None given: as `configuration`
    /// says.
    std::optional<unsigned> dots{};
    /// How long the first answer of a server is waited for; each further round over the servers takes twice as long.
    std::chrono::milliseconds timeout{5000};
    /// How many times each server is asked.
    unsigned tries = 2;
    /// Names that need no server. Read again when it has changed. Empty: none.
    std::string hosts_file = "/etc/hosts";
    /// The system's servers and search domains. Read anew by each question.
    std::string configuration = "/etc/resolv.conf";
};

/// A mail server of a domain; a lower preference is tried first.
struct mx_record {
    std::string host;              ///< its name
    std::uint16_t preference = 0;  ///< its place in the order
    /// Memberwise.
    friend bool operator==(mx_record const&, mx_record const&) = default;
};

/// Where a service is offered; see RFC 2782 for how priority and weight are meant.
struct srv_record {
    std::string host;            ///< its name
    std::uint16_t port = 0;      ///< its port
    std::uint16_t priority = 0;  ///< lower ones are tried first
    std::uint16_t weight = 0;    ///< the share among those of one priority
    /// Memberwise.
    friend bool operator==(srv_record const&, srv_record const&) = default;
};

/// Finds out what belongs to a name.
///
/// A handle: copies share. Questions that are the same at the same time are asked once. A question belongs to the fiber that
/// asks it: when that is cancelled, the question is gone with its sockets.
///
/// Each call comes in two forms: one throws, the other reports through its `std::error_code&` and clears it on success.
/// Errors: `std::system_error` with a `dns_error`, or with the system's error number if there is no descriptor or memory for
/// the question; `cancelled` and `deadline_exceeded`, which an `error_code&` reports as `operation_canceled` and `timed_out`;
/// `runtime_stopped` if a server has to be asked and the caller is no fiber.
///
/// Thread safety: any member from any fiber at any time.
/// Blocks: until the servers have answered, or the timeouts have passed, or the current context ends. The configuration
/// and the hosts file are read on the calling thread.
/// Source: https://www.rfc-editor.org/rfc/rfc1035, https://www.rfc-editor.org/rfc/rfc6761 (`localhost`)
class resolver {
public:
    /// The process's own, with the default options.
    resolver();
    /// Errors: `std::invalid_argument` for a server that is no internet address, a timeout that is not positive, or no tries.
    explicit resolver(resolver_options options);

    /// The addresses of `host`, the best first, with `port`: IPv4 and IPv6, asked for together. Numeric addresses, those of
    /// the hosts file and `localhost` need no server. If the answer for one family fails, the other's stands.
    std::vector<endpoint> lookup(std::string_view host, std::uint16_t port = 0) const;
    /// The same; a failure is reported in `ec`.
    std::vector<endpoint> lookup(std::string_view host, std::uint16_t port, std::error_code& ec) const;

    /// The names of an address; its port does not matter.
    std::vector<std::string> lookup_names(endpoint const& address) const;
    /// The same; a failure is reported in `ec`.
    std::vector<std::string> lookup_names(endpoint const& address, std::error_code& ec) const;

    /// The name that `host` is an alias of, at the end of the chain; `host` itself if it is none.
    std::string lookup_cname(std::string_view host) const;
    /// The same; a failure is reported in `ec`.
    std::string lookup_cname(std::string_view host, std::error_code& ec) const;

    /// The mail servers of a domain, by preference.
    std::vector<mx_record> lookup_mx(std::string_view domain) const;
    /// The same; a failure is reported in `ec`.
    std::vector<mx_record> lookup_mx(std::string_view domain, std::error_code& ec) const;

    /// Where a service is offered, by priority: `name` is "_sip._tcp.example.org".
    std::vector<srv_record> lookup_srv(std::string_view name) const;
    /// The same; a failure is reported in `ec`.
    std::vector<srv_record> lookup_srv(std::string_view name, std::error_code& ec) const;

    /// The texts of a name, each put together from its parts.
    std::vector<std::string> lookup_txt(std::string_view name) const;
    /// The same; a failure is reported in `ec`.
    std::vector<std::string> lookup_txt(std::string_view name, std::error_code& ec) const;

private:
    friend struct detail::resolver_access;

    std::shared_ptr<detail::resolver_core> core_;
};

/// `lookup` by the process's own resolver.
std::vector<endpoint> resolve(std::string_view host, std::uint16_t port = 0);
/// The same; a failure is reported in `ec`.
std::vector<endpoint> resolve(std::string_view host, std::uint16_t port, std::error_code& ec);

/// How to connect to a name.
struct dial_options {
    /// Who finds its addresses.
    resolver names{};
    /// For everything together, the look-up too; then it fails with `timed_out`.
    clock::duration timeout = clock::duration::max();
    /// How long an attempt has before the next begins beside it. Source: RFC 8305, section 5
    clock::duration attempt_delay = std::chrono::milliseconds(250);
    /// How long addresses of IPv4 wait for those of IPv6. Source: RFC 8305, section 3
    clock::duration resolution_delay = std::chrono::milliseconds(50);
};

/// `dial` with a resolver and delays of one's own. Addresses of both families are tried in turn, the next when an attempt has
/// failed or has taken long; the first connection wins, and the other attempts are over when this returns.
/// Errors: as `dial`.
/// Source: https://www.rfc-editor.org/rfc/rfc8305
tcp_stream dial(std::string_view address, dial_options const& options);
/// The same; a failure is reported in `ec`.
tcp_stream dial(std::string_view address, dial_options const& options, std::error_code& ec);

}  // namespace net

}  // namespace weft

namespace std {

/// Lets a `dns_error` be compared with a `std::error_code`.
template <>
struct is_error_code_enum<weft::net::dns_error> : true_type {};

}  // namespace std
