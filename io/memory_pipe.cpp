#include "pipe_state.hpp"

#include <weft/memory_pipe.hpp>

#include <string>
#include <utility>

namespace weft {

namespace {

using namespace detail;
using end = pipe_state::end;
using shared_state = std::shared_ptr<pipe_state>;

// The state is held while the operation lasts, so that moving its owner leaves the operation alone: hence the copies.
outcome read(shared_state const& owner, std::span<std::byte> buffer, bool fill) {
    shared_state const pipe = owner;  // NOLINT(performance-unnecessary-copy-initialization)
    return pipe == nullptr ? outcome{0, EBADF} : pipe->read(buffer, fill);
}
outcome write(shared_state const& owner, std::span<std::byte const> buffer, bool everything) {
    shared_state const pipe = owner;  // NOLINT(performance-unnecessary-copy-initialization)
    return pipe == nullptr ? outcome{0, EBADF} : pipe->write(buffer, everything);
}

void set_deadline_of(shared_state const& pipe, end which, clock::time_point t, char const* what) {
    if (pipe == nullptr) throw std::system_error(EBADF, std::generic_category(), what);
    pipe->set_deadline(which, t);
}

void close_end(shared_state const& pipe, end which) noexcept {
    if (pipe != nullptr) pipe->close(which);
}

}  // namespace

memory_reader::memory_reader() noexcept = default;
memory_reader::memory_reader(memory_reader&&) noexcept = default;
memory_reader& memory_reader::operator=(memory_reader&& other) noexcept {
    if (this == &other) return *this;
    close();
    state_ = std::move(other.state_);
    return *this;
}
memory_reader::~memory_reader() { close(); }

std::size_t memory_reader::read_some(std::span<std::byte> buffer) {
    return checked(read(state_, buffer, false), "weft::memory_reader::read_some");
}
std::size_t memory_reader::read_some(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read(state_, buffer, false), ec);
}
std::size_t memory_reader::read_exact(std::span<std::byte> buffer) {
    return checked(read(state_, buffer, true), "weft::memory_reader::read_exact");
}
std::size_t memory_reader::read_exact(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read(state_, buffer, true), ec);
}

void memory_reader::set_deadline(clock::time_point t) {
    set_deadline_of(state_, end::reading, t, "weft::memory_reader::set_deadline");
}
void memory_reader::clear_deadline() { set_deadline(clock::time_point::max()); }
void memory_reader::close() noexcept { close_end(state_, end::reading); }
bool memory_reader::is_open() const noexcept { return state_ != nullptr && state_->is_open(end::reading); }

memory_writer::memory_writer() noexcept = default;
memory_writer::memory_writer(memory_writer&&) noexcept = default;
memory_writer& memory_writer::operator=(memory_writer&& other) noexcept {
    if (this == &other) return *this;
    close();
    state_ = std::move(other.state_);
    return *this;
}
memory_writer::~memory_writer() { close(); }

std::size_t memory_writer::write_some(std::span<std::byte const> buffer) {
    return checked(write(state_, buffer, false), "weft::memory_writer::write_some");
}
std::size_t memory_writer::write_some(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write(state_, buffer, false), ec);
}
std::size_t memory_writer::write_all(std::span<std::byte const> buffer) {
    outcome const o = write(state_, buffer, true);
    if (o.error != 0)
        throw_failure(o, "weft::memory_writer::write_all: " + std::to_string(o.bytes) + " of " +
                             std::to_string(buffer.size()) + " bytes written");
    return o.bytes;
}
std::size_t memory_writer::write_all(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write(state_, buffer, true), ec);
}

void memory_writer::set_deadline(clock::time_point t) {
    set_deadline_of(state_, end::writing, t, "weft::memory_writer::set_deadline");
}
void memory_writer::clear_deadline() { set_deadline(clock::time_point::max()); }
void memory_writer::close() noexcept { close_end(state_, end::writing); }
bool memory_writer::is_open() const noexcept { return state_ != nullptr && state_->is_open(end::writing); }

memory_pipe_ends memory_pipe(std::size_t capacity) {
    auto const state = std::make_shared<pipe_state>(capacity);
    memory_pipe_ends ends;
    ends.reader.state_ = state;
    ends.writer.state_ = state;
    return ends;
}

memory_stream_ends memory_stream_pair(std::size_t capacity) {
    auto [first_in, second_out] = memory_pipe(capacity);
    auto [second_in, first_out] = memory_pipe(capacity);
    return {{std::move(first_in), std::move(first_out)}, {std::move(second_in), std::move(second_out)}};
}

}  // namespace weft
