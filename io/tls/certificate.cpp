#include "certificate.hpp"

#include "openssl_error.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <fstream>
#include <iterator>
#include <new>
#include <utility>

namespace weft::detail {

namespace {

bio_handle open_text(std::string_view text, std::string const& what) {
    if (text.size() > INT_MAX) throw std::system_error(EFBIG, std::generic_category(), what);
    bio_handle bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (bio == nullptr) throw std::bad_alloc();
    return bio;
}

// Without it OpenSSL would ask at the terminal.
int give_passphrase(char* to, int size, int /*writing*/, void* passphrase) {
    auto const& text = *static_cast<std::string const*>(passphrase);
    if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
    std::copy(text.begin(), text.end(), to);
    return static_cast<int>(text.size());
}

std::string print_name(X509_NAME* name) {
    bio_handle const out(BIO_new(BIO_s_mem()));
    if (out == nullptr || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
        throw std::bad_alloc();
    char* text = nullptr;
    long const size = BIO_get_mem_data(out.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
}

std::string print_address(ASN1_OCTET_STRING const* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    int const family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
    if (family == AF_INET6 && ASN1_STRING_length(address) != 16) return {};
    return ::inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size()) != nullptr ? text.data() : "";
}

std::string fingerprint(X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) throw std::bad_alloc();
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i != size; ++i) {
        text += digits[digest.at(i) >> 4];
        text += digits[digest.at(i) & 15];
    }
    return text;
}

}  // namespace

std::string read_pem_file(std::string const& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    int const error = errno;
    if (!file.is_open() || file.bad())
        throw std::system_error(error != 0 ? error : EIO, std::generic_category(), "weft::tls: " + path);
    return text;
}

std::vector<certificate_handle> parse_certificates(std::string_view pem, std::string const& what) {
    ERR_clear_error();
    bio_handle const text = open_text(pem, what);
    std::vector<certificate_handle> certificates;
    while (X509* next = PEM_read_bio_X509_AUX(text.get(), nullptr, nullptr, nullptr)) certificates.emplace_back(next);
    // The end of the text is an error, too: the one that is expected, once there was a certificate.
    if (certificates.empty()) throw_openssl_error("weft::tls: no certificate in " + what);
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) throw_openssl_error("weft::tls: " + what);
    ERR_clear_error();
    return certificates;
}

tls_identity parse_identity(std::string_view chain, std::string const& chain_name, std::string_view key,
                            std::string const& key_name, std::string const& passphrase) {
    tls_identity made;
    std::vector<certificate_handle> certificates = parse_certificates(chain, chain_name);
    made.leaf = std::move(certificates.front());
    made.chain.reset(sk_X509_new_null());
    if (made.chain == nullptr) throw std::bad_alloc();
    for (std::size_t i = 1; i != certificates.size(); ++i) {
        if (sk_X509_push(made.chain.get(), certificates[i].get()) == 0) throw std::bad_alloc();
        static_cast<void>(certificates[i].release());
    }

    bio_handle const text = open_text(key, key_name);
    std::string secret = passphrase;  // the callback takes no constant
    made.key.reset(PEM_read_bio_PrivateKey(text.get(), nullptr, give_passphrase, &secret));
    OPENSSL_cleanse(secret.data(), secret.size());
    if (made.key == nullptr)
        throw_openssl_error("weft::tls: no private key in " + key_name + ", or a wrong passphrase");
    if (X509_check_private_key(made.leaf.get(), made.key.get()) != 1)
        throw_openssl_error("weft::tls: the key in " + key_name + " does not belong to the certificate in " +
                            chain_name);
    return made;
}

std::string subject_of(X509* certificate) { return print_name(X509_get_subject_name(certificate)); }

tls::certificate_info describe(X509* certificate) {
    tls::certificate_info info;
    info.subject = subject_of(certificate);
    info.issuer = print_name(X509_get_issuer_name(certificate));
    info.sha256 = fingerprint(certificate);
    names_handle const names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names != nullptr && i != sk_GENERAL_NAME_num(names.get()); ++i) {
        GENERAL_NAME const* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) {
            info.dns_names.emplace_back(reinterpret_cast<char const*>(ASN1_STRING_get0_data(name->d.dNSName)),
                                        static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
        } else if (name->type == GEN_IPADD) {
            info.addresses.push_back(print_address(name->d.iPAddress));
        }
    }
    ERR_clear_error();  // a certificate without such names leaves one
    return info;
}

std::string list_names(X509* certificate) {
    tls::certificate_info const info = describe(certificate);
    std::string list;
    for (auto const* names : {&info.dns_names, &info.addresses})
        for (std::string const& name : *names) list += (list.empty() ? "" : ", ") + name;
    return list.empty() ? "no host at all (" + info.subject + ")" : list;
}

std::string numeric_address(std::string_view text) {
    if (text.size() > 1 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
    std::string address(text.substr(0, text.find('%')));
    std::array<std::byte, 16> parsed{};
    for (int const family : {AF_INET, AF_INET6})
        if (::inet_pton(family, address.c_str(), parsed.data()) == 1) return address;
    return {};
}

}  // namespace weft::detail
