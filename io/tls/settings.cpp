#include "settings.hpp"

#include "openssl_error.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <climits>
#include <new>
#include <stdexcept>
#include <string_view>

namespace weft::detail {

namespace {

constexpr int number_of(tls::version v) noexcept { return v == tls::version::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION; }

std::string wire_form(std::vector<std::string> const& protocols) {
    std::string wire;
    for (std::string const& name : protocols) {
        if (name.empty() || name.size() > UCHAR_MAX)
            throw std::invalid_argument("weft::tls: an ALPN protocol has 1 to 255 bytes, not " +
                                        std::to_string(name.size()));
        wire += static_cast<char>(static_cast<unsigned char>(name.size()));
        wire += name;
    }
    return wire;
}

unsigned char const* bytes_of(std::string const& s) noexcept {
    return reinterpret_cast<unsigned char const*>(s.data());
}

// What clients and servers have in common.
template <class Options>
std::shared_ptr<tls_settings> begin_settings(Options const& options, bool is_client) {
    if (options.handshake_timeout <= clock::duration::zero())
        throw std::invalid_argument("weft::tls: handshake_timeout must be positive; duration::max() is none");
    if (options.min_version > options.max_version)
        throw std::invalid_argument("weft::tls: min_version is above max_version");
    ERR_clear_error();
    auto made = std::make_shared<tls_settings>();
    made->is_client = is_client;
    made->handshake_timeout = options.handshake_timeout;
    made->alpn = wire_form(options.alpn);
    made->context.reset(SSL_CTX_new(is_client ? TLS_client_method() : TLS_server_method()));
    SSL_CTX* const context = made->context.get();
    if (context == nullptr) throw_openssl_error("weft::tls");
    if (SSL_CTX_set_min_proto_version(context, number_of(options.min_version)) != 1 ||
        SSL_CTX_set_max_proto_version(context, number_of(options.max_version)) != 1)
        throw_openssl_error("weft::tls: versions");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return made;
}

void use_identity(SSL_CTX* context, tls_identity const& identity) {
    if (SSL_CTX_use_cert_and_key(context, identity.leaf.get(), identity.key.get(), identity.chain.get(), 1) != 1)
        throw_openssl_error("weft::tls: the identity of " + subject_of(identity.leaf.get()));
}

// `announce`: a server tells clients whose certificates it would accept.
void trust(SSL_CTX* context, std::string_view pem, std::string const& what, bool announce) {
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    for (certificate_handle const& certificate : parse_certificates(pem, what))
        if (X509_STORE_add_cert(store, certificate.get()) != 1 ||
            (announce && SSL_CTX_add_client_CA(context, certificate.get()) != 1))
            throw_openssl_error("weft::tls: " + what);
}

template <class Options>
void trust_chosen(SSL_CTX* context, Options const& options, bool announce) {
    // Whatever is trusted by choice need not be a root: as in Go, not as in OpenSSL's tools.
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
    for (std::string const& file : options.trust_files) trust(context, read_pem_file(file), file, announce);
    if (!options.trust_pem.empty()) trust(context, options.trust_pem, "trust_pem", announce);
}

// Called by OpenSSL once the client has said which name it wants.
int choose_identity(SSL* ssl, void* argument) noexcept {
    auto const& settings = *static_cast<tls_settings const*>(argument);
    char const* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return 1;
    bool found = false;
    for (auto const& identity : settings.identities) {
        if (X509_check_host(identity->leaf.get(), name, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) != 1) continue;
        if (!std::exchange(found, true)) SSL_certs_clear(ssl);  // the first one, which all connections start with
        if (SSL_use_cert_and_key(ssl, identity->leaf.get(), identity->key.get(), identity->chain.get(), 1) != 1)
            return 0;
    }
    return 1;
}

int choose_protocol(SSL* /*ssl*/, unsigned char const** chosen, unsigned char* size, unsigned char const* offered,
                    unsigned offered_size, void* argument) noexcept {
    std::string const& mine = static_cast<tls_settings const*>(argument)->alpn;
    unsigned char* found = nullptr;
    int const how =
        SSL_select_next_proto(&found, size, bytes_of(mine), static_cast<unsigned>(mine.size()), offered, offered_size);
    if (how != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301, 3.2
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

constexpr int verify_mode(tls::client_certificate wanted) noexcept {
    switch (wanted) {
    case tls::client_certificate::ignored: return SSL_VERIFY_NONE;
    case tls::client_certificate::optional: return SSL_VERIFY_PEER;
    case tls::client_certificate::required: break;
    }
    return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

// A ticket is good only for connections with the same rules.
void allow_resumption(SSL_CTX* context, bool allowed) {
    constexpr unsigned char purpose[] = "weft::tls";
    if (SSL_CTX_set_session_id_context(context, purpose, sizeof purpose - 1) != 1) throw_openssl_error("weft::tls");
    if (allowed) return;
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
}

}  // namespace

std::shared_ptr<tls_settings const> build_settings(tls::client_options const& options) {
    if (options.identities.size() > 1)
        throw std::invalid_argument("weft::tls: a client shows at most one identity, not " +
                                    std::to_string(options.identities.size()));
    auto made = begin_settings(options, true);
    SSL_CTX* const context = made->context.get();
    made->checks_host = !options.insecure_accept_any_certificate;
    SSL_CTX_set_verify(context, made->checks_host ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, note_verification);
    if (options.trust_system && made->checks_host && SSL_CTX_set_default_verify_paths(context) != 1)
        throw_openssl_error("weft::tls: the system's trusted certificates");
    trust_chosen(context, options, false);
    for (auto const& identity : options.identities) use_identity(context, *tls_access::held(identity));
    if (!made->alpn.empty() &&  // 0 is success
        SSL_CTX_set_alpn_protos(context, bytes_of(made->alpn), static_cast<unsigned>(made->alpn.size())) != 0)
        throw_openssl_error("weft::tls: alpn");
    if (options.resume) {
        made->sessions = std::make_unique<session_cache>();
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, note_session);
    }
    return made;
}

std::shared_ptr<tls_settings const> build_settings(tls::server_options const& options) {
    if (options.identities.empty())
        throw std::invalid_argument("weft::tls: a server needs an identity: a certificate and its key");
    if (options.clients != tls::client_certificate::ignored && options.trust_files.empty() && options.trust_pem.empty())
        throw std::invalid_argument(
            "weft::tls: to check clients' certificates, say whom to trust: trust_files or trust_pem");
    auto made = begin_settings(options, false);
    SSL_CTX* const context = made->context.get();
    SSL_CTX_set_verify(context, verify_mode(options.clients), note_verification);
    trust_chosen(context, options, true);
    for (auto const& identity : options.identities) made->identities.push_back(tls_access::held(identity));
    use_identity(context, *made->identities.front());
    SSL_CTX_set_cert_cb(context, choose_identity, made.get());
    if (!made->alpn.empty()) SSL_CTX_set_alpn_select_cb(context, choose_protocol, made.get());
    allow_resumption(context, options.resume);
    return made;
}

}  // namespace weft::detail
