#pragma once
// Reading certificates: PEM texts, and what a certificate says.

#include "openssl_handle.hpp"

#include <weft/tls_stream.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace weft::detail {

/// A chain and its key, as OpenSSL wants them.
struct tls_identity {
    certificate_handle leaf;
    chain_handle chain;  // without the leaf
    key_handle key;
};

/// All of a file.
/// Blocks: the thread.
/// Errors: `std::system_error` with the file's name.
std::string read_pem_file(std::string const& path);

/// All certificates of a PEM text; `what` names the text in errors.
/// Errors: `std::system_error`, also if there is none.
std::vector<certificate_handle> parse_certificates(std::string_view pem, std::string const& what);

/// Errors: `std::system_error`, also if key and certificate do not belong together.
tls_identity parse_identity(std::string_view chain, std::string const& chain_name, std::string_view key,
                            std::string const& key_name, std::string const& passphrase);

tls::certificate_info describe(X509* certificate);
std::string subject_of(X509* certificate);

/// "a.example, *.b.example, 10.0.0.1"; says so if it is for nobody.
std::string list_names(X509* certificate);

/// The numeric address in `text`, without brackets and scope, or nothing if it is a name.
std::string numeric_address(std::string_view text);

}  // namespace weft::detail
