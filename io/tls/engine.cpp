#include "engine.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <algorithm>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

namespace weft::detail {

namespace {

// What one call encrypts at most: some records, so that the transport is asked once for several.
constexpr std::size_t most_at_once = std::size_t{4} * SSL3_RT_MAX_PLAIN_LENGTH;

std::string_view without_last_dot(std::string_view name) noexcept {
    if (name.ends_with('.')) name.remove_suffix(1);
    return name;
}

// OpenSSL's macro for this is full of casts.
bool ask_for(SSL* ssl, std::string& name) noexcept {
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

}  // namespace

tls_engine::tls_engine(std::shared_ptr<tls_settings const> settings, std::string_view host)
    : settings_(std::move(settings)), host_(numeric_address(host)) {
    bool const is_name = host_.empty();
    if (is_name) host_ = without_last_dot(host);
    ERR_clear_error();
    ssl_.reset(SSL_new(settings_->context.get()));
    if (ssl_ == nullptr) throw_openssl_error("weft::tls");
    SSL_set_app_data(ssl_.get(), this);
    BIO* const bio = make_bio(pipe_).release();
    SSL_set_bio(ssl_.get(), bio, bio);
    if (!settings_->is_client) {
        SSL_set_accept_state(ssl_.get());
        return;
    }
    SSL_set_connect_state(ssl_.get());
    if (is_name && !host_.empty() && !ask_for(ssl_.get(), host_))
        throw_openssl_error("weft::tls: the name of the server, \"" + host_ + "\"");
    if (settings_->checks_host) expect_host(is_name ? std::string_view(host_) : std::string_view());
    offer_session();
}

// An empty `name`: host_ is an address.
void tls_engine::expect_host(std::string_view name) {
    if (host_.empty())
        throw std::invalid_argument(
            "weft::tls: a client needs the name of the server, to check the certificate against");
    // To OpenSSL a dot in front asks for any name below, whoever's it is.
    if (name.starts_with('.')) throw std::invalid_argument("weft::tls: not the name of a host: \"" + host_ + "\"");
    X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl_.get());
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    bool const set = name.empty() ? X509_VERIFY_PARAM_set1_ip_asc(rules, host_.c_str()) == 1
                                  : X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size()) == 1;
    if (!set) throw std::invalid_argument("weft::tls: not the name of a host: \"" + host_ + "\"");
}

void tls_engine::offer_session() {
    if (settings_->sessions == nullptr || host_.empty()) return;
    session_handle const session = settings_->sessions->take(host_);
    offered_session_ = session != nullptr && SSL_set_session(ssl_.get(), session.get()) == 1;
}

template <class Call>
tls_engine::step tls_engine::attempt(Call const& call) {
    std::lock_guard const guard(lock_);
    step made{result::failed};
    if (!failure_.code) {
        if (ERR_peek_error() != 0) ERR_clear_error();  // to clear costs as much when there is nothing to clear
        made = call();
    }
    made.has_output = !pipe_.out.empty();
    return made;
}

// Right after the call, on the same thread.
tls_engine::step tls_engine::conclude(int returned, std::size_t bytes) {
    switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_NONE: return {result::done, bytes};
    case SSL_ERROR_WANT_READ: return {result::wants_input};
    case SSL_ERROR_ZERO_RETURN: return {result::ended};
    default: break;
    }
    failure_ = take_openssl_error();
    if (verification_.code && failure_.code == tls::errc::untrusted) failure_ = verification_;
    if (offered_session_) settings_->sessions->forget(host_);
    return {result::failed};
}

tls_engine::step tls_engine::handshake() {
    return attempt([&] { return conclude(SSL_do_handshake(ssl_.get()), 0); });
}

// OpenSSL has nothing to say about a read before more has come from the peer. To ask it all the same costs as much as a record.
bool tls_engine::starves() const noexcept {
    return pipe_.in.empty() && SSL_has_pending(ssl_.get()) == 0 &&
           (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) == 0;
}

tls_engine::step tls_engine::read(std::span<std::byte> to) {
    return attempt([&] {
        step last{result::wants_input};
        std::size_t so_far = 0;
        while (!starves()) {
            std::size_t n = 0;
            int const returned = SSL_read_ex(ssl_.get(), to.data() + so_far, to.size() - so_far, &n);
            last = conclude(returned, n);
            so_far += last.bytes;
            if (last.what != result::done || so_far == to.size()) break;
        }
        // What stopped it will do so again.
        return so_far != 0 ? step{result::done, so_far} : last;
    });
}

tls_engine::step tls_engine::write(std::span<std::byte const> from, std::vector<std::byte>& to) {
    return attempt([&] {
        if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return step{result::ended};
        std::size_t const most = std::min(from.size(), most_at_once);
        step last;
        std::size_t so_far = 0;
        do {
            std::size_t n = 0;
            int const returned = SSL_write_ex(ssl_.get(), from.data() + so_far, most - so_far, &n);
            last = conclude(returned, n);
            so_far += last.bytes;
        } while (last.what == result::done && so_far != most);
        move_output(to);
        return so_far != 0 ? step{result::done, so_far} : last;
    });
}

tls_engine::step tls_engine::say_goodbye() {
    return attempt([&]() -> step {
        if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return {};
        if (SSL_in_init(ssl_.get()) != 0) {
            step const rest = conclude(SSL_do_handshake(ssl_.get()), 0);
            if (rest.what != result::done) return rest;
        }
        int const returned = SSL_shutdown(ssl_.get());
        return returned >= 0 ? step{} : conclude(returned, 0);  // 0: the peer has not said it yet
    });
}

void tls_engine::add_input(std::span<std::byte const> bytes) {
    std::lock_guard const guard(lock_);
    pipe_.in.push(bytes);
}

void tls_engine::take_output(std::vector<std::byte>& to) {
    std::lock_guard const guard(lock_);
    move_output(to);
}

void tls_engine::move_output(std::vector<std::byte>& to) {
    if (pipe_.out.empty()) return;
    std::vector<std::byte> more = pipe_.out.pop_all();
    if (to.empty()) {
        to = std::move(more);
    } else {
        to.insert(to.end(), more.begin(), more.end());
    }
}

tls_failure tls_engine::failure() {
    std::lock_guard const guard(lock_);
    return failure_;
}

tls::version tls_engine::version() {
    std::lock_guard const guard(lock_);
    return SSL_version(ssl_.get()) == TLS1_2_VERSION ? tls::version::tls12 : tls::version::tls13;
}

std::string tls_engine::alpn() {
    std::lock_guard const guard(lock_);
    unsigned char const* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<char const*>(name), size};
}

std::string tls_engine::cipher() {
    std::lock_guard const guard(lock_);
    SSL_CIPHER const* const used = SSL_get_current_cipher(ssl_.get());
    return used != nullptr ? SSL_CIPHER_get_name(used) : "";
}

bool tls_engine::resumed() {
    std::lock_guard const guard(lock_);
    return SSL_session_reused(ssl_.get()) == 1;
}

std::string tls_engine::server_name() {
    std::lock_guard const guard(lock_);
    char const* const asked = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    std::string name = asked != nullptr ? asked : "";
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name;
}

std::optional<tls::certificate_info> tls_engine::peer() {
    std::lock_guard const guard(lock_);
    X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return std::nullopt;
    return describe(certificate);
}

void tls_engine::note_verification(X509_STORE_CTX* store) {
    int const error = X509_STORE_CTX_get_error(store);
    verification_.code = {error, tls::verify_category()};
    X509* const certificate = X509_STORE_CTX_get_current_cert(store);
    if (certificate == nullptr) {
        verification_.detail.clear();
    } else if (verification_.code == tls::errc::wrong_host) {
        verification_.detail = "wanted " + host_ + ", the certificate is for " + list_names(certificate);
    } else {
        tls::certificate_info const info = describe(certificate);
        verification_.detail = "the certificate of " + info.subject + ", issued by " + info.issuer;
    }
}

void tls_engine::note_session(session_handle session) {
    if (!host_.empty()) settings_->sessions->put(host_, std::move(session));
}

// What throws here must not pass through OpenSSL: the code stays, without its text, and a session is not kept.
int note_verification(int ok, X509_STORE_CTX* store) noexcept {
    if (ok == 1) return 1;
    auto* const ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    try {
        engine_of(ssl).note_verification(store);
    } catch (std::bad_alloc const&) {
        return 0;
    }
    return 0;
}

int note_session(SSL* ssl, SSL_SESSION* session) noexcept {
    try {
        SSL_SESSION_up_ref(session);
        engine_of(ssl).note_session(session_handle(session));
    } catch (std::bad_alloc const&) {
        return 0;
    }
    return 0;
}

}  // namespace weft::detail
