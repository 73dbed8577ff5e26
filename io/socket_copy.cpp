// Bytes from descriptor to descriptor by way of the kernel.
//
//     source --splice--> pipe --splice--> destination
//
// Invariants: the pipe is empty before each piece is read: so "would block" means that the source is empty, and the second
//             time that the destination is full. A piece is written before the next is read.
//
// What cannot go that way, one piece or all of them, goes by a buffer.
#include <weft/socket_copy.hpp>

#include "failure.hpp"
#include "sigpipe.hpp"
#include "transfer.hpp"

#include <weft/unique_fd.hpp>

#include <fcntl.h>
#include <algorithm>
#include <memory>
#include <string>

namespace weft::net {

namespace {

using namespace detail;

constexpr wait_reason reading{"socket read", true};
constexpr wait_reason writing{"socket write", true};
constexpr std::size_t buffer_bytes = 64 * 1024;  // as much as a pipe takes

class kernel_pipe {
public:
    kernel_pipe() noexcept {
        int ends[2];
        if (os().pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return;
        out_ = unique_fd(ends[0]);
        in_ = unique_fd(ends[1]);
    }
    explicit operator bool() const noexcept { return static_cast<bool>(in_); }

    call_result take_from(int source) const noexcept {
        return calls::result(os().splice(source, nullptr, in_.get(), nullptr, buffer_bytes, SPLICE_F_NONBLOCK));
    }
    call_result give_to(int destination, std::size_t bytes) const noexcept {
        return without_sigpipe([&] {
            return calls::result(os().splice(out_.get(), nullptr, destination, nullptr, bytes, SPLICE_F_NONBLOCK));
        });
    }

private:
    unique_fd out_;
    unique_fd in_;
};

outcome read_piece(descriptor& from, kernel_pipe const& pipe) {
    operation op(from, direction::read, reading);
    call_result const got = op.attempt([&](int fd) { return pipe.take_from(fd); });
    return {got.value, got.error, op.was_cancelled()};
}

outcome write_piece(descriptor& to, kernel_pipe const& pipe, std::size_t bytes) {
    operation op(to, direction::write, writing);
    outcome so_far;
    while (so_far.bytes < bytes) {
        call_result const sent = op.attempt([&](int fd) { return pipe.give_to(fd, bytes - so_far.bytes); });
        if (sent.error != 0) return {so_far.bytes, sent.error, op.was_cancelled()};
        so_far.bytes += sent.value;
    }
    return so_far;
}

// `read()` and `write(bytes)` move one piece each.
template <class Read, class Write>
outcome in_pieces(copy_progress& progress, Read const& read, Write const& write) {
    for (;;) {
        outcome const got = read();
        progress.read += got.bytes;
        if (got.error != 0 || got.bytes == 0) return got;
        outcome const sent = write(got.bytes);
        progress.written += sent.bytes;
        if (sent.error != 0) return sent;
    }
}

outcome copy_all(descriptor* from, descriptor* to, copy_progress& progress) {
    if (from == nullptr || to == nullptr) return {0, EBADF};
    std::unique_ptr<std::byte[]> memory;
    auto by_buffer = [&](auto const& move) {
        if (memory == nullptr) memory = std::make_unique_for_overwrite<std::byte[]>(buffer_bytes);
        return move(std::span(memory.get(), buffer_bytes));
    };
    kernel_pipe const pipe;
    bool in_pipe = false;
    return in_pieces(
        progress,
        [&] {
            in_pipe = static_cast<bool>(pipe);
            if (in_pipe) {
                outcome const got = read_piece(*from, pipe);
                // What the engine has received ahead cannot be spliced, and some descriptors cannot.
                if (got.error != EINVAL) return got;
                in_pipe = false;
            }
            return by_buffer([&](std::span<std::byte> buffer) { return read_stream(from, buffer, false); });
        },
        [&](std::size_t bytes) {
            if (in_pipe) return write_piece(*to, pipe, bytes);
            return by_buffer([&](std::span<std::byte> buffer) { return write_stream(to, buffer.first(bytes), true); });
        });
}

outcome by_sendfile(descriptor& to, int file, std::uint64_t offset, std::uint64_t count) {
    constexpr std::uint64_t at_once = 1 << 20;
    operation op(to, direction::write, writing);
    outcome so_far;
    while (so_far.bytes < count) {
        auto at = static_cast<off_t>(offset + so_far.bytes);
        auto const wanted = static_cast<std::size_t>(std::min(count - so_far.bytes, at_once));
        call_result const sent = op.attempt([&](int fd) {
            return without_sigpipe([&] { return calls::result(os().sendfile(fd, file, &at, wanted)); });
        });
        if (sent.error != 0) return {so_far.bytes, sent.error, op.was_cancelled()};
        if (sent.value == 0) break;
        so_far.bytes += sent.value;
    }
    return so_far;
}

outcome send_all(descriptor* to, int file, std::uint64_t offset, std::uint64_t count) {
    if (to == nullptr) return {0, EBADF};
    if (offset > INT64_MAX) return {0, EINVAL};
    count = std::min(count, INT64_MAX - offset);
    return by_sendfile(*to, file, offset, count);
}

}  // namespace

void copy(stream_socket& from, stream_socket& to, copy_progress& progress, std::error_code& ec) {
    report(copy_all(socket_access::of(from), socket_access::of(to), progress), ec);
}

std::uint64_t copy(stream_socket& from, stream_socket& to, std::error_code& ec) {
    copy_progress progress;
    copy(from, to, progress, ec);
    return progress.written;
}

std::uint64_t copy(stream_socket& from, stream_socket& to) {
    copy_progress progress;
    outcome const how = copy_all(socket_access::of(from), socket_access::of(to), progress);
    if (how.error != 0)
        throw_failure(how, "weft::net::copy: " + std::to_string(progress.read) + " bytes read, " +
                               std::to_string(progress.written) + " written");
    return progress.written;
}

std::uint64_t send_file(stream_socket& to, int file, std::uint64_t offset, std::uint64_t count) {
    outcome const how = send_all(socket_access::of(to), file, offset, count);
    if (how.error != 0) throw_failure(how, "weft::net::send_file: " + std::to_string(how.bytes) + " bytes sent");
    return how.bytes;
}

std::uint64_t send_file(stream_socket& to, int file, std::uint64_t offset, std::uint64_t count, std::error_code& ec) {
    return report(send_all(socket_access::of(to), file, offset, count), ec);
}

}  // namespace weft::net
