#include "transfer.hpp"

namespace weft::detail {

namespace {

// How one kind of stream is read and written, and what a fiber that waits for it is said to do.
struct stream_calls {
    call_result (*receive)(int fd, void* to, std::size_t bytes) noexcept;
    call_result (*send)(int fd, void const* from, std::size_t bytes) noexcept;
    wait_reason reading;
    wait_reason writing;
};

constexpr stream_calls of_sockets{calls::receive, calls::send, {"socket read", true}, {"socket write", true}};
constexpr stream_calls of_files{calls::read, calls::write, {"read", true}, {"write", true}};

stream_calls const& calls_of(descriptor_kind kind) noexcept {
    return kind == descriptor_kind::file ? of_files : of_sockets;
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
        if (got.error != 0) return {so_far.bytes, got.error, op.was_cancelled()};
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
        if (sent.error != 0) return {so_far.bytes, sent.error, op.was_cancelled()};
        so_far.bytes += sent.value;
    } while (everything && so_far.bytes < buffer.size());
    return so_far;
}

}  // namespace weft::detail
