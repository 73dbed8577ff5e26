#pragma once
// OpenSSL's queue of errors belongs to the thread: it is cleared before a call and read right after it, with no park in
// between.

#include <string>
#include <system_error>

namespace weft::detail {

struct tls_failure {
    std::error_code code;
    std::string detail;  // what the code does not say
};

/// What the calling thread's queue says of the last call, and empties it.
tls_failure take_openssl_error();

/// Throws what the queue says of a call that failed. `what` begins the message.
/// Errors: `std::system_error`; `std::bad_alloc` if that was the reason.
[[noreturn]] void throw_openssl_error(std::string const& what);

}  // namespace weft::detail
