#include "transfer.hpp"

#include "sigpipe.hpp"

#include <weft/blocking.hpp>
#include <weft/detail/cancel_scope.hpp>
#include <weft/error.hpp>

#include <climits>

namespace weft::detail {

namespace {

// How one kind of stream is read and written, and what a fiber that waits for it is said to do.
struct stream_calls {
    call_result (*receive)(int fd, void* to, std::size_t bytes);
    call_result (*send)(int fd, void const* from, std::size_t bytes);
    wait_reason reading;
    wait_reason writing;
};

// By the blocking pool, before the call was made: not an errno value, for closing gives ECANCELED as well.
constexpr int fiber_was_cancelled = -1;

call_result write(int fd, void const* from, std::size_t bytes) noexcept {
    return without_sigpipe([=] { return calls::write(fd, from, bytes); });
}

// Nobody else reads what is ours, as a rule, so that what was there a moment ago still is.
call_result read_if_ready(int fd, void* to, std::size_t bytes) noexcept {
    call_result const looked = calls::would_not_block(fd, false);
    if (looked.error != 0) return looked;
    return looked.value == 0 ? call_result{0, EAGAIN} : calls::read(fd, to, bytes);
}
// A pipe that is writable has room for at least PIPE_BUF bytes.
call_result write_if_ready(int fd, void const* from, std::size_t bytes) noexcept {
    call_result const looked = calls::would_not_block(fd, true);
    if (looked.error != 0) return looked;
    return looked.value == 0 ? call_result{0, EAGAIN} : write(fd, from, bytes < PIPE_BUF ? bytes : PIPE_BUF);
}

template <class Call>
call_result on_helper(Call const& call) {
    try {
        return blocking(call);
    } catch (cancelled const&) {
        return {0, fiber_was_cancelled};
    } catch (std::system_error const& no_thread) {
        return {0, no_thread.code().value()};
    }
}
call_result read_on_helper(int fd, void* to, std::size_t bytes) {
    return on_helper([=] { return calls::read(fd, to, bytes); });
}
call_result write_on_helper(int fd, void const* from, std::size_t bytes) {
    return on_helper([=] {
        for (;;) {
            call_result const written = write(fd, from, bytes);
            if (written.error != EAGAIN) return written;
            // A terminal that others have set not to block: no event will say when there is room.
            pollfd about{fd, POLLOUT, 0};
            os().poll(&about, 1, -1);
        }
    });
}

constexpr stream_calls of_sockets{calls::receive, calls::send, {"socket read", true}, {"socket write", true}};
constexpr stream_calls of_files{calls::read, write, {"read", true}, {"write", true}};
constexpr stream_calls of_shared_sockets{
    calls::receive_now, calls::send_now, {"socket read", true}, {"socket write", true}};
constexpr stream_calls of_shared_files{read_if_ready, write_if_ready, {"read", true}, {"write", true}};
constexpr stream_calls of_disk{read_on_helper, write_on_helper, {"file read", true}, {"file write", true}};

stream_calls const& calls_of(descriptor_kind kind) noexcept {
    switch (kind) {
    case descriptor_kind::file: return of_files;
    case descriptor_kind::shared_socket: return of_shared_sockets;
    case descriptor_kind::shared_file: return of_shared_files;
    case descriptor_kind::on_disk: return of_disk;
    case descriptor_kind::tcp:
    case descriptor_kind::tcp_listener:
    case descriptor_kind::watched:
    case descriptor_kind::socket: break;
    }
    return of_sockets;
}

outcome failed(operation const& op, std::size_t so_far, int error) noexcept {
    if (error == fiber_was_cancelled) return {so_far, cancelled_by_deadline() ? ETIMEDOUT : ECANCELED, true};
    return {so_far, error, op.was_cancelled()};
}

}  // namespace

outcome read_stream(descriptor* stream, std::span<std::byte> buffer, bool fill) {
    if (stream == nullptr) return {0, EBADF};
    if (buffer.empty()) return {};
    descriptor_kind const kind = stream->kind();
    stream_calls const& its = calls_of(kind);
    operation op(*stream, direction::read, its.reading);
    outcome so_far;
    do {
        auto const rest = buffer.subspan(so_far.bytes);
        auto const receive = [&](int fd) { return its.receive(fd, rest.data(), rest.size()); };
        call_result const got =
            kind == descriptor_kind::tcp ? op.receive(rest.data(), rest.size(), receive) : op.attempt(receive);
        if (got.error != 0) return failed(op, so_far.bytes, got.error);
        if (got.value == 0) break;
        // Less than asked for, but not the end: the stream is empty, and asking again would only say so.
        if (got.value < rest.size()) op.drained();
        so_far.bytes += got.value;
    } while (fill && so_far.bytes < buffer.size());
    return so_far;
}

outcome write_stream(descriptor* stream, std::span<std::byte const> buffer, bool everything) {
    if (stream == nullptr) return {0, EBADF};
    if (buffer.empty()) return {};
    stream_calls const& its = calls_of(stream->kind());
    operation op(*stream, direction::write, its.writing);
    outcome so_far;
    do {
        auto const rest = buffer.subspan(so_far.bytes);
        call_result const sent = op.attempt([&](int fd) { return its.send(fd, rest.data(), rest.size()); });
        if (sent.error != 0) return failed(op, so_far.bytes, sent.error);
        so_far.bytes += sent.value;
    } while (everything && so_far.bytes < buffer.size());
    return so_far;
}

}  // namespace weft::detail
