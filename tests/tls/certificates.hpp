// Certificates made for one run of the tests: nothing is committed that could expire.
#pragma once

#include <memory>
#include <string>
#include <vector>
#include <weft/tls.hpp>

namespace weft_test {

/// How a certificate differs from a good one for "weft.test".
struct certificate_wish {
    std::string subject = "weft.test";
    std::vector<std::string> names = {"DNS:weft.test"};  // as OpenSSL writes subjectAltName
    int valid_from_days = -1;                            // from now
    int valid_to_days = 1;
    bool rsa = false;
};

/// A certificate and its key, as PEM texts.
struct pem_identity {
    std::string chain;
    std::string key;

    weft::tls::identity load() const { return weft::tls::identity::from_pem(chain, key); }
};

/// An authority that signs certificates.
class authority {
public:
    explicit authority(std::string const& name);
    ~authority();

    /// Its certificate, to be trusted.
    std::string const& pem() const noexcept { return pem_; }
    pem_identity issue(certificate_wish const& wish = {}) const;
    /// An authority below this one, whose chains lead here.
    std::unique_ptr<authority> delegate(std::string const& name) const;

private:
    struct held;
    explicit authority(std::unique_ptr<held> self);

    std::unique_ptr<held> self_;
    std::string pem_;
};

/// A certificate that nobody but its owner has signed.
pem_identity self_signed(certificate_wish const& wish = {});

/// What the tests trust, and who they are: made once.
authority const& root();
pem_identity const& weft_test_identity();

/// A client that trusts `root`, and a server that is "weft.test".
weft::tls::client_options trusting();
weft::tls::server_options serving();

}  // namespace weft_test
