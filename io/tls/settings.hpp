#pragma once
#include "certificate.hpp"
#include "openssl_handle.hpp"
#include "session_cache.hpp"

#include <weft/clock.hpp>
#include <weft/tls_config.hpp>

#include <memory>
#include <string>
#include <vector>

namespace weft::detail {

/// What a configuration holds. Immutable once built, except the cache of sessions, which has a lock of its own. Connections
/// keep it alive; OpenSSL's callbacks know it by a plain pointer.
struct tls_settings {
    ssl_context_handle context;
    clock::duration handshake_timeout{};
    bool is_client = false;
    bool checks_host = false;
    std::string alpn;  // as it goes over the wire: each name after its length
    std::vector<std::shared_ptr<tls_identity const>> identities;  // a server's, for SNI
    std::unique_ptr<session_cache> sessions;                      // a client's, if it resumes
};

std::shared_ptr<tls_settings const> build_settings(tls::client_options const& options);
std::shared_ptr<tls_settings const> build_settings(tls::server_options const& options);

class tls_engine;

/// The engine of a connection, for callbacks that know only OpenSSL's object.
inline tls_engine& engine_of(SSL* ssl) noexcept { return *static_cast<tls_engine*>(SSL_get_app_data(ssl)); }

/// Notes why a certificate was rejected. For `SSL_CTX_set_verify`.
int note_verification(int ok, X509_STORE_CTX* store) noexcept;
/// Keeps a session that the server has given out. For `SSL_CTX_sess_set_new_cb`.
int note_session(SSL* ssl, SSL_SESSION* session) noexcept;

/// Reaches into the public classes.
struct tls_access {
    static std::shared_ptr<tls_identity const> const& held(tls::identity const& i) noexcept { return i.held_; }
    static std::shared_ptr<tls_settings const> const& held(tls::client_config const& c) noexcept { return c.held_; }
    static std::shared_ptr<tls_settings const> const& held(tls::server_config const& c) noexcept { return c.held_; }
    static tls::identity make(tls_identity&& i) {
        return tls::identity(std::make_shared<tls_identity const>(std::move(i)));
    }
    template <class Connection>
    static tls::stream make(std::unique_ptr<Connection> c) noexcept {
        return tls::stream(std::move(c));
    }
};

}  // namespace weft::detail
