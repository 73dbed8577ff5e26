// SHA-256 by OpenSSL.
#pragma once
#include <openssl/evp.h>

#include <cstddef>
#include <memory>
#include <span>

#include "file.hpp"

namespace weftsum {

/// One running SHA-256 computation.
///
/// OpenSSL queues its errors per thread; this is sound in a fiber because no call here parks half-way.
/// Errors: std::runtime_error if OpenSSL cannot provide SHA-256.
class sha256 {
public:
    sha256();

    void update(std::span<std::byte const> data);

    /// The digest of what was given since the last call, and a fresh start.
    sha256_digest finish();

private:
    template <auto Free>
    struct release {
        template <class T>
        void operator()(T* resource) const {
            Free(resource);
        }
    };

    void start();

    std::unique_ptr<EVP_MD, release<EVP_MD_free>> algorithm_;  // looked up once; by name for each file would be slow
    std::unique_ptr<EVP_MD_CTX, release<EVP_MD_CTX_free>> context_;
};

/// Lower-case hexadecimal, 64 digits.
std::string to_hex(sha256_digest const& digest);

}  // namespace weftsum
