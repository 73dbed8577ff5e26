#include "connection.hpp"

#include <weft/context.hpp>
#include <weft/detail/budget.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace weft::detail {

namespace {

using result = tls_engine::result;

// How long a peer that reads nothing can hold up an alert or a goodbye.
constexpr std::chrono::seconds last_words{5};

// An idle connection holds no more than this to read into, on its reader's stack.
constexpr std::size_t small_read = 4096;
constexpr std::size_t large_read = 32768;

tls_outcome canceled() { return {0, std::make_error_code(std::errc::operation_canceled)}; }

// Nothing more can be sent, but what the peer sent before may still be read.
bool is_gone(std::error_code const& code) noexcept {
    return code == std::errc::broken_pipe || code == std::errc::connection_reset;
}

}  // namespace

tls_connection::tls_connection(std::unique_ptr<tls_transport> transport, std::shared_ptr<tls_settings const> settings,
                               std::string_view host)
    : settings_(std::move(settings)), transport_(std::move(transport)), engine_(settings_, host) {}

tls_outcome tls_connection::handshake() {
    tls_use const use(turns_);
    if (!use.begun()) return canceled();
    return {0, make_ready()};
}

std::error_code tls_connection::make_ready() {
    if (is_ready()) return {};
    tls_turn const turn(turns_, tls_way::handshake);
    if (turn.refused()) return turn.refused();
    if (is_ready()) return {};  // somebody else's handshake
    if (settings_->handshake_timeout == clock::duration::max()) return shake_hands();
    return with_timeout(settings_->handshake_timeout, [this] { return shake_hands(); });
}

std::error_code tls_connection::shake_hands() {
    for (;;) {
        tls_engine::step const step = engine_.handshake();
        engine_.take_output(queued_);
        // All that a server of TLS 1.3 says in the end is tickets. They go with what it writes first: a client that writes before
        // it reads would not hear them, and on a narrow transport both would wait for each other.
        bool const may_wait =
            step.what == result::done && !settings_->is_client && engine_.version() == tls::version::tls13;
        std::error_code const unsent = may_wait ? std::error_code() : send();
        if (step.what == result::failed) return engine_.failure().code;
        // A peer that is gone, and does not hear this any more, may have sent an alert before, or all it had to say: reading
        // tells. One that is there, and has not heard this, would be waited for in vain.
        if (unsent && !is_gone(unsent)) return unsent;
        if (step.what == result::done) {
            is_ready_.store(true, std::memory_order_release);
            return {};
        }
        if (std::error_code const failed = receive()) return unsent ? unsent : failed;
    }
}

tls_outcome tls_connection::read(std::span<std::byte> buffer, bool fill) {
    tls_use const use(turns_);
    if (!use.begun()) return canceled();
    if (buffer.empty()) return {};
    charge_budget();
    if (std::error_code const failed = make_ready()) return {0, failed};
    tls_turn const turn(turns_, tls_way::read);
    if (turn.refused()) return {0, turn.refused()};

    std::size_t so_far = 0;
    do {
        tls_engine::step const step = engine_.read(buffer.subspan(so_far));
        so_far += step.bytes;
        if (step.has_output) send_if_nobody_writes();
        switch (step.what) {
        case result::done: break;
        case result::ended: return {so_far, {}};
        case result::failed: return {so_far, engine_.failure().code};
        case result::wants_input:
            if (std::error_code const failed = receive()) return {so_far, failed};
            break;
        }
    } while (so_far == 0 || (fill && so_far != buffer.size()));
    return {so_far, {}};
}

tls_outcome tls_connection::write(std::span<std::byte const> buffer, bool everything) {
    tls_use const use(turns_);
    if (!use.begun()) return canceled();
    charge_budget();
    if (std::error_code const failed = make_ready()) return {0, failed};
    tls_turn const turn(turns_, tls_way::write);
    if (turn.refused()) return {0, turn.refused()};

    engine_.take_output(queued_);
    for (std::size_t taken = 0;;) {
        if (std::error_code const failed = send()) return {taken, failed};
        if (taken == buffer.size() || (taken != 0 && !everything)) return {taken, {}};
        std::error_code unheard;
        tls_engine::step const step = listening([&] { return engine_.write(buffer.subspan(taken), queued_); }, unheard);
        if (unheard) return {taken, unheard};
        taken += step.bytes;
        if (step.what == result::ended) return {taken, std::make_error_code(std::errc::broken_pipe)};
        if (step.what != result::done) return {taken, give_up()};
    }
}

// Repeats `call`, by whoever has the turn to write, until it need not hear from the peer first. From the second time on no
// input is missed.
template <class Call>
tls_engine::step tls_connection::listening(Call const& call, std::error_code& failed) {
    tls_engine::step step = call();
    if (step.what != result::wants_input) return step;
    writer_listens_.store(true, std::memory_order_relaxed);
    while (!failed) {
        std::uint64_t const seen = turns_.inputs();
        step = call();
        if (step.what != result::wants_input) break;
        failed = listen(seen);
    }
    writer_listens_.store(false, std::memory_order_relaxed);
    return step;
}

// Reads, unless somebody does.
std::error_code tls_connection::listen(std::uint64_t seen) {
    tls_turn const reading(turns_, tls_way::read, std::try_to_lock);
    if (reading.refused()) return turns_.wait_for_input(seen);
    return with_deadline(turns_.deadline(tls_way::write), [this] { return receive(); });
}

// The engine refuses to write.
std::error_code tls_connection::give_up() {
    engine_.take_output(queued_);
    static_cast<void>(send());  // an alert, perhaps
    tls_failure const failure = engine_.failure();
    return failure.code ? failure.code : std::make_error_code(std::errc::protocol_error);
}

tls_outcome tls_connection::shutdown_write() {
    tls_use const use(turns_);
    if (!use.begun()) return canceled();
    if (std::error_code const failed = make_ready()) return {0, failed};
    tls_turn const turn(turns_, tls_way::write);
    if (turn.refused()) return {0, turn.refused()};
    std::error_code unheard;
    listening([this] { return engine_.say_goodbye(); }, unheard);
    return {0, unheard ? unheard : send_goodbye()};
}

// By whoever has the turn to write.
std::error_code tls_connection::send_goodbye() {
    tls_engine::step const step = engine_.say_goodbye();
    if (step.what != result::done) return give_up();
    engine_.take_output(queued_);
    return send();
}

void tls_connection::send_if_nobody_writes() {
    tls_turn const turn(turns_, tls_way::write, std::try_to_lock);
    if (turn.refused()) return;
    engine_.take_output(queued_);
    static_cast<void>(with_timeout(last_words, [this] { return send(); }));
}

std::error_code tls_connection::send() {
    while (sent_ != queued_.size()) {
        std::error_code failed;
        sent_ += transport_->write_some(std::span(queued_).subspan(sent_), failed);
        if (failed) return failed;
    }
    sent_ = 0;
    queued_ = {};
    return {};
}

std::error_code tls_connection::receive() {
    std::size_t received = 0;
    if (!large_.empty()) {
        if (std::error_code const failed = receive_into(large_, received)) return failed;
        if (received < small_read) large_ = {};
        return {};
    }
    std::array<std::byte, small_read>
        small;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read
    std::error_code const failed = receive_into(small, received);
    if (received == small.size()) large_.resize(large_read);
    return failed;
}

std::error_code tls_connection::receive_into(std::span<std::byte> buffer, std::size_t& received) {
    std::error_code failed;
    received = transport_->read_some(buffer, failed);
    // A transport may hand over bytes and report why there will be no more.
    if (received != 0) {
        engine_.add_input(buffer.first(received));
        if (writer_listens_.load(std::memory_order_relaxed)) turns_.note_input();
    }
    if (failed) return failed;
    // What ends without a goodbye may have been cut off.
    if (received == 0) return {static_cast<int>(tls::errc::unexpected_eof), tls::error_category()};
    return {};
}

bool tls_connection::set_read_deadline(clock::time_point t) {
    turns_.set_deadline(tls_way::read, t);
    return transport_->set_read_deadline(t);
}
bool tls_connection::set_write_deadline(clock::time_point t) {
    turns_.set_deadline(tls_way::write, t);
    return transport_->set_write_deadline(t);
}

void tls_connection::close() noexcept {
    if (!turns_.begin_close()) {
        turns_.wait_until_closed();
        return;
    }
    try {
        // Nobody has to give the turn back: no operation begins any more.
        if (is_ready() && turns_.try_take(tls_way::write)) {
            transport_->set_write_deadline(std::min(turns_.deadline(tls_way::write), clock::now() + last_words));
            static_cast<void>(send_goodbye());
        }
    } catch (...) {  // NOLINT(bugprone-empty-catch): without a goodbye, then; the transport is closed all the same
    }
    transport_->close();
    turns_.end_close();
}

}  // namespace weft::detail
