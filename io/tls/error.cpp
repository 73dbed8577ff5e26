#include <weft/tls_error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <climits>

namespace weft::tls {

namespace {

class own_errors final : public std::error_category {
public:
    char const* name() const noexcept override { return "weft.tls"; }
    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::unexpected_eof: return "the connection ended without the peer's goodbye; data may be missing";
        case errc::untrusted: return "the peer's certificate is not trusted";
        case errc::expired: return "the peer's certificate is not valid at this time";
        case errc::wrong_host: return "the peer's certificate is for another host";
        case errc::no_certificate: return "the peer sent no certificate";
        case errc::refused_by_peer: return "the peer refused the connection";
        case errc::protocol: return "the peer broke the rules of TLS";
        }
        return "unknown error";
    }
};

class verify_errors final : public std::error_category {
public:
    char const* name() const noexcept override { return "weft.tls.verify"; }
    std::string message(int value) const override { return X509_verify_cert_error_string(value); }
    std::error_condition default_error_condition(int value) const noexcept override {
        switch (value) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID: return errc::expired;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: return errc::wrong_host;
        default: return errc::untrusted;
        }
    }
};

class openssl_errors final : public std::error_category {
public:
    char const* name() const noexcept override { return "openssl"; }
    std::string message(int value) const override {
        char const* const reason = ERR_reason_error_string(packed(value));
        return reason != nullptr ? reason : "error " + std::to_string(packed(value)) + " of OpenSSL";
    }
    std::error_condition default_error_condition(int value) const noexcept override {
        if (ERR_GET_LIB(packed(value)) != ERR_LIB_SSL) return errc::protocol;
        int const reason = ERR_GET_REASON(packed(value));
        if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return errc::no_certificate;
        if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) return errc::untrusted;
        bool const is_alert = reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + UCHAR_MAX;
        return is_alert ? errc::refused_by_peer : errc::protocol;
    }

private:
    static unsigned long packed(int value) noexcept { return static_cast<unsigned>(value); }
};

}  // namespace

std::error_category const& error_category() noexcept {
    static own_errors const only;
    return only;
}
std::error_category const& verify_category() noexcept {
    static verify_errors const only;
    return only;
}
std::error_category const& openssl_category() noexcept {
    static openssl_errors const only;
    return only;
}

}  // namespace weft::tls
