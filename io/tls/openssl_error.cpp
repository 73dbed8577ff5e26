#include "openssl_error.hpp"

#include <openssl/err.h>
#include <weft/tls_error.hpp>

#include <cerrno>
#include <new>

namespace weft::detail {

tls_failure take_openssl_error() {
    char const* data = nullptr;
    int flags = 0;
    // The newest error is the call's own; those before it are what it stumbled over.
    unsigned long const packed = ERR_peek_last_error_data(&data, &flags);
    tls_failure failure;
    if (packed == 0) {
        failure.code = {EPROTO, std::generic_category()};
    } else if (ERR_SYSTEM_ERROR(packed)) {
        failure.code = {ERR_GET_REASON(packed), std::generic_category()};
    } else if (ERR_GET_REASON(packed) == ERR_R_MALLOC_FAILURE) {
        failure.code = {ENOMEM, std::generic_category()};
    } else {
        failure.code = {static_cast<int>(packed), tls::openssl_category()};
    }
    if (data != nullptr && (flags & ERR_TXT_STRING) != 0) failure.detail = data;
    ERR_clear_error();
    return failure;
}

void throw_openssl_error(std::string const& what) {
    tls_failure const failure = take_openssl_error();
    if (failure.code == std::errc::not_enough_memory) throw std::bad_alloc();
    throw std::system_error(failure.code, failure.detail.empty() ? what : what + ": " + failure.detail);
}

}  // namespace weft::detail
