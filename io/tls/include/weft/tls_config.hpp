#pragma once
#include <weft/clock.hpp>
#include <weft/tls_error.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

namespace detail {
struct tls_identity;
struct tls_settings;
struct tls_access;
}  // namespace detail

namespace tls {

/// The versions of the protocol that are spoken. Older ones are broken, and refused.
enum class version { tls12, tls13 };

/// A certificate with the ones that lead from it to a trusted one, and its private key. Copies share.
///
/// Thread safety: immutable.
class identity {
public:
    /// From two PEM files: the chain, the own certificate first, and the key. The same file may hold both.
    /// Blocks: parks the fiber while a helper thread reads.
    /// Errors: `std::system_error` that names the file; a key that does not belong to the certificate.
    static identity from_files(std::string const& chain_file, std::string const& key_file,
                               std::string const& passphrase = {});
    /// The same from PEM texts.
    static identity from_pem(std::string_view chain, std::string_view key, std::string const& passphrase = {});

private:
    friend struct detail::tls_access;
    explicit identity(std::shared_ptr<detail::tls_identity const> held) noexcept : held_(std::move(held)) {}

    std::shared_ptr<detail::tls_identity const> held_;
};

/// How long a handshake may take unless the options say otherwise: a peer that connects and says nothing holds no fiber for
/// ever.
inline constexpr std::chrono::seconds default_handshake_timeout{30};

/// What a client asks of its connections. The defaults are the safe ones.
struct client_options {
    /// Trust what this system trusts: OpenSSL's default store, or what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
    bool trust_system = true;
    std::vector<std::string> trust_files;  ///< PEM files of further certificates to trust
    std::string trust_pem;                 ///< and a PEM text of such

    std::vector<tls::identity> identities;  ///< shown to servers that ask for a client's certificate: one, or none
    std::vector<std::string> alpn;          ///< the protocols to offer, the preferred one first, as "h2"
    version min_version = version::tls12;   ///< the oldest version to speak
    version max_version = version::tls13;   ///< the newest version to speak
    /// Keep sessions of servers and offer them to the same servers again, which saves half a handshake.
    bool resume = true;
    clock::duration handshake_timeout = default_handshake_timeout;  ///< `duration::max()`: none

    /// DANGER: accepts any certificate, of anybody. Whoever sits on the network can read and change everything.
    bool insecure_accept_any_certificate = false;
};

/// How a client talks to servers: immutable, and shared by all copies, which share a cache of sessions, too.
///
/// Thread safety: may be used from any fiber or thread at the same time.
class client_config {
public:
    /// Blocks: parks the fiber while a helper thread reads and parses the certificates. Make one and keep it.
    /// Errors: `std::system_error` that says which file or option is wrong, `std::invalid_argument`.
    explicit client_config(client_options const& options = {});

private:
    friend struct detail::tls_access;
    std::shared_ptr<detail::tls_settings const> held_;
};

/// Whether a server asks its clients for certificates.
enum class client_certificate {
    ignored,   ///< not asked for
    optional,  ///< asked for; a client may have none, but not a wrong one
    required   ///< without a good one there is no connection
};

/// What a server is. At least one identity is needed.
struct server_options {
    /// Of those whose certificate is valid for the name that the client asks for (SNI) all are offered, say one with an RSA
    /// and one with an ECDSA key; if it is valid for none, or the client asks for none, the first.
    std::vector<tls::identity> identities;

    client_certificate clients = client_certificate::ignored;  ///< whether clients need certificates
    std::vector<std::string> trust_files;  ///< PEM files of whom to trust to sign clients' certificates
    std::string trust_pem;                 ///< and a PEM text of such; the system's are not trusted

    /// The protocols to choose from, the preferred one first. A client that offers only others is refused; one that offers
    /// none is not.
    std::vector<std::string> alpn;
    version min_version = version::tls12;  ///< the oldest version to speak
    version max_version = version::tls13;  ///< the newest version to speak
    bool resume = true;                    ///< give out tickets, by which clients resume sessions
    clock::duration handshake_timeout = default_handshake_timeout;  ///< `duration::max()`: none
};

/// How a server talks to clients: immutable, and shared by all copies. Only copies can resume each other's sessions.
///
/// Thread safety: may be used from any fiber or thread at the same time.
class server_config {
public:
    /// Blocks: parks the fiber while a helper thread reads and parses the certificates.
    /// Errors: `std::system_error` that says which file or option is wrong, `std::invalid_argument`.
    explicit server_config(server_options const& options);

private:
    friend struct detail::tls_access;
    std::shared_ptr<detail::tls_settings const> held_;
};

}  // namespace tls
}  // namespace weft
