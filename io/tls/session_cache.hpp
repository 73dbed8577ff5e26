#pragma once
#include "openssl_handle.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

namespace weft::detail {

/// The sessions that a client may resume, by the server's name, the newest of each is offered.
///
/// TLS 1.3 gives several tickets for a connection, each to be used once, so that nobody who looks on can tell that two
/// connections belong together; a session of TLS 1.2 serves any number.
///
/// Thread safety: any member from anywhere, also from OpenSSL's callbacks: the lock is a thread's and held for a few
/// instructions, and nobody parks with it.
class session_cache {
public:
    void put(std::string const& server, session_handle session);
    /// One to try, or null.
    session_handle take(std::string const& server);
    /// A handshake with one of them failed.
    void forget(std::string const& server);

private:
    struct entry {
        std::string server;
        session_handle session;
    };
    static constexpr std::size_t most_entries = 256;
    static constexpr std::size_t most_per_server = 4;

    std::mutex lock_;
    std::deque<entry> entries_;  // guarded by lock_; the newest last
};

}  // namespace weft::detail
