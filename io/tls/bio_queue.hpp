#pragma once
#include "openssl_handle.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace weft::detail {

/// Bytes on their way between the transport and OpenSSL. Memory is kept while it is in use only: most connections are idle
/// most of the time.
///
/// Thread safety: none; guarded by the engine's lock.
class bio_queue {
public:
    bool empty() const noexcept { return taken_ == bytes_.size(); }
    /// Errors: `std::bad_alloc`; then nothing was added.
    void push(std::span<std::byte const> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
    /// The number of bytes moved to `to`.
    std::size_t pop(std::span<std::byte> to) noexcept;
    /// All of it; the queue is empty then.
    std::vector<std::byte> pop_all() noexcept;

private:
    std::vector<std::byte> bytes_;
    std::size_t taken_ = 0;
};

/// The two directions of a connection, as OpenSSL sees them.
struct byte_pipe {
    bio_queue in;
    bio_queue out;
};

/// What OpenSSL reads from and writes to instead of a socket: never waits, and takes whatever it is given. OpenSSL's own memory
/// BIO would copy once more, and keep the memory of its fullest moment.
/// Errors: `std::bad_alloc`.
bio_handle make_bio(byte_pipe& pipe);

}  // namespace weft::detail
