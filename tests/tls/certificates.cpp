#include "certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace weft_test {

namespace {

struct free_openssl {
    void operator()(X509* x) const noexcept { X509_free(x); }
    void operator()(EVP_PKEY* k) const noexcept { EVP_PKEY_free(k); }
    void operator()(BIO* b) const noexcept { BIO_free(b); }
    void operator()(X509_EXTENSION* e) const noexcept { X509_EXTENSION_free(e); }
};
using x509 = std::unique_ptr<X509, free_openssl>;
using pkey = std::unique_ptr<EVP_PKEY, free_openssl>;
using bio = std::unique_ptr<BIO, free_openssl>;

void must(bool worked) {
    if (!worked) throw std::runtime_error("OpenSSL could not make a test certificate");
}

std::string text_of(BIO* from) {
    char* text = nullptr;
    auto const size = BIO_get_mem_data(from, &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    bio const out(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_X509(out.get(), certificate) == 1);
    return text_of(out.get());
}

std::string pem_of(EVP_PKEY* key) {
    bio const out(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    return text_of(out.get());
}

pkey make_key(bool rsa) {
    pkey key(rsa ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                 : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    must(key != nullptr);
    return key;
}

void extend(X509* certificate, int what, std::string const& value) {
    std::unique_ptr<X509_EXTENSION, free_openssl> const e(X509V3_EXT_conf_nid(nullptr, nullptr, what, value.c_str()));
    must(e != nullptr && X509_add_ext(certificate, e.get(), -1) == 1);
}

constexpr long day = 24L * 60 * 60;

x509 make_certificate(certificate_wish const& wish, EVP_PKEY* key, bool signs_others) {
    x509 made(X509_new());
    must(made != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1);
    static std::atomic<long> serial{1};
    must(ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial.fetch_add(1)) == 1);
    must(X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.valid_from_days * day) != nullptr);
    must(X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.valid_to_days * day) != nullptr);
    must(X509_set_pubkey(made.get(), key) == 1);
    auto const* const name = reinterpret_cast<unsigned char const*>(wish.subject.c_str());
    must(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1);
    extend(made.get(), NID_basic_constraints, signs_others ? "critical,CA:TRUE" : "critical,CA:FALSE");
    std::string names;
    for (std::string const& n : wish.names) names += (names.empty() ? "" : ",") + n;
    if (!names.empty()) extend(made.get(), NID_subject_alt_name, names);
    return made;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
    must(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
    must(X509_sign(certificate, key, EVP_sha256()) != 0);
}

}  // namespace

struct authority::held {
    x509 certificate;
    pkey key;
    std::string rest_of_chain;  // what a chain needs to lead to what is trusted
};

authority::authority(std::unique_ptr<held> self) : self_(std::move(self)), pem_(pem_of(self_->certificate.get())) {}
authority::~authority() = default;

authority::authority(std::string const& name) : self_(std::make_unique<held>()) {
    self_->key = make_key(false);
    self_->certificate = make_certificate({.subject = name, .names = {}}, self_->key.get(), true);
    sign(self_->certificate.get(), self_->certificate.get(), self_->key.get());
    pem_ = pem_of(self_->certificate.get());
}

pem_identity authority::issue(certificate_wish const& wish) const {
    pkey const key = make_key(wish.rsa);
    x509 const certificate = make_certificate(wish, key.get(), false);
    sign(certificate.get(), self_->certificate.get(), self_->key.get());
    return {pem_of(certificate.get()) + self_->rest_of_chain, pem_of(key.get())};
}

std::unique_ptr<authority> authority::delegate(std::string const& name) const {
    auto below = std::make_unique<held>();
    below->key = make_key(false);
    below->certificate = make_certificate({.subject = name, .names = {}}, below->key.get(), true);
    sign(below->certificate.get(), self_->certificate.get(), self_->key.get());
    below->rest_of_chain = pem_of(below->certificate.get()) + self_->rest_of_chain;
    return std::unique_ptr<authority>(new authority(std::move(below)));
}

pem_identity self_signed(certificate_wish const& wish) {
    pkey const key = make_key(wish.rsa);
    x509 const certificate = make_certificate(wish, key.get(), false);
    sign(certificate.get(), certificate.get(), key.get());
    return {pem_of(certificate.get()), pem_of(key.get())};
}

authority const& root() {
    static authority const only("weft test root");
    return only;
}
pem_identity const& weft_test_identity() {
    static pem_identity const only = root().issue();
    return only;
}

weft::tls::client_options trusting() {
    weft::tls::client_options options;
    options.trust_system = false;
    options.trust_pem = root().pem();
    return options;
}
weft::tls::server_options serving() {
    weft::tls::server_options options;
    options.identities = {weft_test_identity().load()};
    return options;
}

}  // namespace weft_test
