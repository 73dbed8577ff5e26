#pragma once
#include <string>
#include <system_error>
#include <type_traits>

namespace weft {

/// TLS over any stream of bytes.
namespace tls {

/// What can go wrong with TLS, in the terms in which programs decide what to do. To be compared with the `std::error_code` of a
/// failed call, whose own text says more.
enum class errc {
    unexpected_eof = 1,  ///< the transport ended, but not the stream: the rest may have been cut off by an attacker
    untrusted,           ///< the peer's certificate does not lead to a trusted one, or may not be used like this
    expired,             ///< the peer's certificate is no longer valid, or not yet
    wrong_host,          ///< the peer's certificate is valid, but for others
    no_certificate,      ///< the client sent no certificate, and the server requires one
    refused_by_peer,     ///< the peer sent an alert: it did not like what it got
    protocol,            ///< everything else that OpenSSL refuses: not TLS, no common version, a forged record
};

/// The category of `errc`.
std::error_category const& error_category() noexcept;
/// OpenSSL's reasons for rejecting a certificate; the values are its `X509_V_ERR_…`.
std::error_category const& verify_category() noexcept;
/// OpenSSL's other errors; the values are its packed error codes.
std::error_category const& openssl_category() noexcept;

/// Lets an `error_code` be compared with an `errc`.
inline std::error_condition make_error_condition(errc e) noexcept { return {static_cast<int>(e), error_category()}; }

}  // namespace tls
}  // namespace weft

namespace std {

/// An `errc` is a condition, which the codes of several categories meet.
template <>
struct is_error_condition_enum<weft::tls::errc> : true_type {};

}  // namespace std
