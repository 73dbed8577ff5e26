#pragma once
// OpenSSL's state of one connection, fed with bytes and asked for bytes. Nothing here waits for the peer.
//
//     transport -> add_input -> [ in | SSL | out ] -> take_output -> transport
//
// Invariants: every call into OpenSSL is made under lock_, with the thread's error queue cleared before and read after, and
//             nothing parks between lock and unlock: the lock is released by the thread that took it.
//             Once failed, every step fails with the same failure.
// Lock order: lock_ may be held while OpenSSL's callbacks take the session cache's lock.
// Rejected:   OpenSSL on the socket itself: it would block the worker, or have to be asked twice about everything.

#include "bio_queue.hpp"
#include "openssl_error.hpp"
#include "openssl_handle.hpp"
#include "settings.hpp"

#include <weft/mutex.hpp>
#include <weft/tls_stream.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::detail {

class tls_engine {
public:
    enum class result : std::uint8_t {
        done,
        wants_input,  // has to hear from the peer first
        ended,        // nothing follows: the peer has said so, of what is read, or this side, of what is written
        failed        // for good: see `failure`
    };
    struct step {
        result what = result::done;
        std::size_t bytes = 0;
        bool has_output = false;  // something is to be sent, perhaps since earlier
    };

    /// `host`: whom a client wants to talk to.
    /// Errors: `std::invalid_argument`, `std::system_error`.
    tls_engine(std::shared_ptr<tls_settings const> settings, std::string_view host);
    tls_engine(tls_engine const&) = delete;

    step handshake();
    /// Decrypts what is there, as much as fits.
    step read(std::span<std::byte> to);
    /// Encrypts from the front of `from`, a few records at most, and takes the output as `take_output` does. `wants_input` in the
    /// middle of a message of the handshake, say a ticket in several records: OpenSSL writes nothing there.
    step write(std::span<std::byte const> from, std::vector<std::byte>& to);
    /// Says that nothing follows; `done` also if it was said before. `wants_input` as `write`.
    step say_goodbye();

    void add_input(std::span<std::byte const> bytes);
    /// Moves what the peer is to be sent behind what is in `to`.
    void take_output(std::vector<std::byte>& to);

    tls_failure failure();
    tls::version version();
    std::string alpn();
    std::string cipher();
    bool resumed();
    std::string server_name();
    std::optional<tls::certificate_info> peer();

    /// For callbacks, which are called by OpenSSL under the lock.
    void note_verification(X509_STORE_CTX* store);
    void note_session(session_handle session);

private:
    template <class Call>
    step attempt(Call const& call);
    step conclude(int returned, std::size_t bytes);
    void move_output(std::vector<std::byte>& to);
    bool starves() const noexcept;
    void expect_host(std::string_view host);
    void offer_session();

    std::shared_ptr<tls_settings const> const settings_;
    std::string host_;  // without the dot at the end, or brackets, or a scope
    mutex lock_;
    // The rest is guarded by lock_.
    byte_pipe pipe_;
    ssl_handle ssl_;
    bool offered_session_ = false;
    tls_failure verification_;  // why a certificate was rejected, if one was
    tls_failure failure_;
};

}  // namespace weft::detail
