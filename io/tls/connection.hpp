#pragma once
// One connection: moves bytes between the transport, where fibers park, and the engine, where they never do.
//
// A reader and a writer work at the same time: the engine's lock is held for one call into OpenSSL, never while the transport
// waits. Until the handshake is done, whoever has its turn is the only one who uses the transport.
//
// Invariants: queued_ (ciphertext that the transport has not taken yet) is touched only by whoever has the turn to shake hands
//             before is_ready_, or to write after. Its bytes have left the engine, in order, and leave before any others.
//             What OpenSSL wants to say while somebody reads (an alert) is sent by the reader if nobody writes, else by
//             the writer, before it ends, or with the next write.
// Lock order: none; the turns' lock and the engine's are never held together.
// Rejected:   a lock around the whole connection: a reader that waits would keep writers out. A fiber that sends: one per
//             connection, and errors would have to find their way back.

#include "engine.hpp"
#include "turns.hpp"

#include <weft/detail/tls_transport.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace weft::detail {

struct tls_outcome {
    std::size_t bytes = 0;
    std::error_code code;
};

class tls_connection {
public:
    /// Errors: those of `tls_engine`.
    tls_connection(std::unique_ptr<tls_transport> transport, std::shared_ptr<tls_settings const> settings,
                   std::string_view host);
    tls_connection(tls_connection const&) = delete;
    ~tls_connection() { close(); }

    tls_outcome handshake();
    tls_outcome read(std::span<std::byte> buffer, bool fill);
    tls_outcome write(std::span<std::byte const> buffer, bool everything);
    tls_outcome shutdown_write();
    /// False: the transport has no deadlines.
    bool set_read_deadline(clock::time_point t);
    bool set_write_deadline(clock::time_point t);
    void close() noexcept;

    bool is_open() { return turns_.is_open(); }
    /// The handshake is done, and this side's half of it sent.
    bool is_ready() const noexcept { return is_ready_.load(std::memory_order_acquire); }
    tls_engine& engine() noexcept { return engine_; }
    tls_transport& transport() noexcept { return *transport_; }

private:
    std::error_code make_ready();
    std::error_code shake_hands();
    std::error_code receive();
    std::error_code receive_into(std::span<std::byte> buffer, std::size_t& received);
    std::error_code send();
    std::error_code send_goodbye();
    template <class Call>
    tls_engine::step listening(Call const& call, std::error_code& failed);
    std::error_code listen(std::uint64_t seen);
    void send_if_nobody_writes();
    std::error_code give_up();

    std::shared_ptr<tls_settings const> const settings_;
    std::unique_ptr<tls_transport> const transport_;
    tls_engine engine_;
    tls_turns turns_;
    /// Set once. Release: queued_ passes to the writers.
    std::atomic<bool> is_ready_{false};
    /// A writer has to hear from the peer first. Written by the writer; a reader that adds input later in the order of the engine's
    /// lock sees it.
    std::atomic<bool> writer_listens_{false};
    std::vector<std::byte> queued_;
    std::size_t sent_ = 0;          // of queued_
    std::vector<std::byte> large_;  // of whoever may read: there while much arrives
};

}  // namespace weft::detail
