#include "openssl_error.hpp"
#include "settings.hpp"

#include <weft/blocking.hpp>

namespace weft::tls {

using detail::tls_access;

identity identity::from_files(std::string const& chain_file, std::string const& key_file,
                              std::string const& passphrase) {
    return blocking([&] {
        std::string const chain = detail::read_pem_file(chain_file);
        std::string const key = detail::read_pem_file(key_file);
        return tls_access::make(detail::parse_identity(chain, chain_file, key, key_file, passphrase));
    });
}

identity identity::from_pem(std::string_view chain, std::string_view key, std::string const& passphrase) {
    return tls_access::make(detail::parse_identity(chain, "the chain's text", key, "the key's text", passphrase));
}

client_config::client_config(client_options const& options)
    : held_(blocking([&] { return detail::build_settings(options); })) {}

server_config::server_config(server_options const& options)
    : held_(blocking([&] { return detail::build_settings(options); })) {}

}  // namespace weft::tls
