#include "sha256.hpp"

#include <openssl/err.h>

#include <stdexcept>
#include <string>

namespace weftsum {
namespace {

void require(bool success) {
    if (success) return;
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    throw std::runtime_error(std::string("SHA-256 of OpenSSL failed: ") + reason);
}

}  // namespace

sha256::sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
    require(algorithm_ && context_);
    start();
}

void sha256::start() { require(EVP_DigestInit_ex(context_.get(), algorithm_.get(), nullptr) == 1); }

void sha256::update(std::span<std::byte const> data) {
    require(EVP_DigestUpdate(context_.get(), data.data(), data.size()) == 1);
}

sha256_digest sha256::finish() {
    sha256_digest digest;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    start();
    return digest;
}

std::string to_hex(sha256_digest const& digest) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * digest.size());
    for (unsigned char byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace weftsum
