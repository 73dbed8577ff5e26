#pragma once
// OpenSSL's objects, owned.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace weft::detail {

template <auto Free>
struct openssl_deleter {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

using bio_handle = std::unique_ptr<BIO, openssl_deleter<&BIO_free>>;
using certificate_handle = std::unique_ptr<X509, openssl_deleter<&X509_free>>;
using key_handle = std::unique_ptr<EVP_PKEY, openssl_deleter<&EVP_PKEY_free>>;
using session_handle = std::unique_ptr<SSL_SESSION, openssl_deleter<&SSL_SESSION_free>>;
using ssl_handle = std::unique_ptr<SSL, openssl_deleter<&SSL_free>>;
using ssl_context_handle = std::unique_ptr<SSL_CTX, openssl_deleter<&SSL_CTX_free>>;

struct chain_deleter {
    void operator()(STACK_OF(X509) * chain) const noexcept { sk_X509_pop_free(chain, &X509_free); }
};
using chain_handle = std::unique_ptr<STACK_OF(X509), chain_deleter>;

using names_handle = std::unique_ptr<GENERAL_NAMES, openssl_deleter<&GENERAL_NAMES_free>>;

}  // namespace weft::detail
