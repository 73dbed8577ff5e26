#include <weft/pipe.hpp>

#include "failure.hpp"
#include "owned_number.hpp"
#include "transfer.hpp"

#include <string>

namespace weft {

using namespace detail;

pipe_reader& pipe_reader::operator=(pipe_reader&& other) noexcept {
    pipe_reader old;
    old.socket_ = std::exchange(socket_, std::exchange(other.socket_, nullptr));
    return *this;
}
pipe_reader::~pipe_reader() {
    if (socket_ != nullptr) socket_->release();
}

std::size_t pipe_reader::read_some(std::span<std::byte> buffer) {
    return checked(read_stream(socket_, buffer, false), "weft::pipe_reader::read_some");
}
std::size_t pipe_reader::read_some(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read_stream(socket_, buffer, false), ec);
}
std::size_t pipe_reader::read_exact(std::span<std::byte> buffer) {
    return checked(read_stream(socket_, buffer, true), "weft::pipe_reader::read_exact");
}
std::size_t pipe_reader::read_exact(std::span<std::byte> buffer, std::error_code& ec) {
    return report(read_stream(socket_, buffer, true), ec);
}

void pipe_reader::set_deadline(clock::time_point t) {
    required(socket_, "weft::pipe_reader::set_deadline").set_deadline(direction::read, t);
}
void pipe_reader::set_read_deadline(clock::time_point t) { set_deadline(t); }
void pipe_reader::clear_deadline() { set_deadline(clock::time_point::max()); }

void pipe_reader::close() noexcept {
    if (socket_ != nullptr) socket_->close();
}
bool pipe_reader::is_open() const noexcept { return socket_ != nullptr && socket_->is_open(); }
int pipe_reader::native_handle() const noexcept { return socket_ == nullptr ? -1 : socket_->number(); }

pipe_writer& pipe_writer::operator=(pipe_writer&& other) noexcept {
    pipe_writer old;
    old.socket_ = std::exchange(socket_, std::exchange(other.socket_, nullptr));
    return *this;
}
pipe_writer::~pipe_writer() {
    if (socket_ != nullptr) socket_->release();
}

std::size_t pipe_writer::write_some(std::span<std::byte const> buffer) {
    return checked(write_stream(socket_, buffer, false), "weft::pipe_writer::write_some");
}
std::size_t pipe_writer::write_some(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write_stream(socket_, buffer, false), ec);
}
std::size_t pipe_writer::write_all(std::span<std::byte const> buffer) {
    outcome const o = write_stream(socket_, buffer, true);
    if (o.error != 0)
        throw_failure(o, "weft::pipe_writer::write_all: " + std::to_string(o.bytes) + " of " +
                             std::to_string(buffer.size()) + " bytes written");
    return o.bytes;
}
std::size_t pipe_writer::write_all(std::span<std::byte const> buffer, std::error_code& ec) {
    return report(write_stream(socket_, buffer, true), ec);
}

void pipe_writer::set_deadline(clock::time_point t) {
    required(socket_, "weft::pipe_writer::set_deadline").set_deadline(direction::write, t);
}
void pipe_writer::set_write_deadline(clock::time_point t) { set_deadline(t); }
void pipe_writer::clear_deadline() { set_deadline(clock::time_point::max()); }

void pipe_writer::close() noexcept {
    if (socket_ != nullptr) socket_->close();
}
bool pipe_writer::is_open() const noexcept { return socket_ != nullptr && socket_->is_open(); }
int pipe_writer::native_handle() const noexcept { return socket_ == nullptr ? -1 : socket_->number(); }

pipe_ends os_pipe() {
    constexpr auto what = "weft::os_pipe";
    readiness_poller& watcher = poller_for_new_socket();
    int ends[2];
    call_result const made = calls::result(os().pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    if (made.error != 0) throw std::system_error(made.error, std::generic_category(), what);
    owned_number in(ends[1]);
    pipe_ends both;
    both.reader = socket_access::make<pipe_reader>(descriptor::open(ends[0], watcher, descriptor_kind::file));
    both.writer = socket_access::make<pipe_writer>(descriptor::open(in.release(), watcher, descriptor_kind::file));
    return both;
}

pipe_ends os_pipe(std::error_code& ec) {
    return reporting(ec, [] { return os_pipe(); });
}

}  // namespace weft
