#include "transfer.hpp"

namespace weft::detail {

namespace {

// How one kind of stream is read and written, and what a fiber that waits for it is said to do.
struct stream_calls {
    call_result (*receive)(int fd, void* to, std::size_t bytes) noexcept;
    call_result (*send)(int fd, void const* from, std::size_t bytes) noexcept;
    call_result (*receive_parts)(int fd, iovec* parts, std::size_t count) noexcept;
    call_result (*send_parts)(int fd, iovec* parts, std::size_t count) noexcept;
    wait_reason reading;
    wait_reason writing;
};

call_result receive_parts(int fd, iovec* parts, std::size_t count) noexcept {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    return calls::receive(fd, message);
}

call_result send_parts(int fd, iovec* parts, std::size_t count) noexcept {
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    return calls::send(fd, message);
}

constexpr stream_calls of_sockets{calls::receive, calls::send,           receive_parts,
                                  send_parts,     {"socket read", true}, {"socket write", true}};
constexpr stream_calls of_files{calls::read,
                                calls::write,
                                [](int fd, iovec* parts, std::size_t n) noexcept { return calls::read(fd, parts, n); },
                                [](int fd, iovec* parts, std::size_t n) noexcept { return calls::write(fd, parts, n); },
                                {"read", true},
                                {"write", true}};

/// The rest of a list of parts, as many at a time as one call shall take.
template <class Byte>
class part_cursor {
public:
    explicit part_cursor(std::span<std::span<Byte> const> parts) noexcept : rest_(parts) { load(); }

    bool done() const noexcept { return count_ == 0; }
    iovec* parts() noexcept { return parts_; }
    std::size_t count() const noexcept { return count_; }
    std::size_t bytes() const noexcept { return bytes_; }

    /// `taken` bytes of the parts are done.
    void advance(std::size_t taken) noexcept {
        while (!rest_.empty() && taken >= rest_.front().size() - offset_) {
            taken -= rest_.front().size() - offset_;
            offset_ = 0;
            rest_ = rest_.subspan(1);
        }
        offset_ += taken;
        load();
    }

private:
    static constexpr std::size_t most = 64;  // 1 KiB of stack; the system takes 1,024

    void load() noexcept {
        count_ = bytes_ = 0;
        std::size_t skip = offset_;
        for (auto const part : rest_) {
            auto const left = part.subspan(skip);
            skip = 0;
            if (left.empty()) continue;
            if (count_ == most) break;
            // What is sent is only read.
            parts_[count_++] = {const_cast<std::byte*>(static_cast<std::byte const*>(left.data())), left.size()};
            bytes_ += left.size();
        }
    }

    std::span<std::span<Byte> const> rest_;
    std::size_t offset_ = 0;  // done of the first of rest_
    iovec parts_[most];
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
};

stream_calls const& calls_of(descriptor const& stream) noexcept {
    return stream.kind() == descriptor_kind::file ? of_files : of_sockets;
}

}  // namespace

outcome read_stream(descriptor* stream, std::span<std::byte> buffer, bool fill) {
    if (stream == nullptr) return {0, EBADF};
    if (buffer.empty()) return {};
    stream_calls const& its = calls_of(*stream);
    operation op(*stream, direction::read, its.reading);
    outcome so_far;
    do {
        auto const rest = buffer.subspan(so_far.bytes);
        call_result const got = op.attempt([&](int fd) { return its.receive(fd, rest.data(), rest.size()); });
        if (got.error != 0) return {so_far.bytes, got.error, op.was_cancelled()};
        if (got.value == 0) break;
        // Less than asked for, but not the end: the stream is empty, and asking again would only say so.
        if (got.value < rest.size()) op.drained();
        so_far.bytes += got.value;
    } while (fill && so_far.bytes < buffer.size());
    return so_far;
}

outcome read_stream_parts(descriptor* stream, std::span<std::span<std::byte> const> parts) {
    if (stream == nullptr) return {0, EBADF};
    part_cursor<std::byte> rest(parts);
    if (rest.done()) return {};
    stream_calls const& its = calls_of(*stream);
    operation op(*stream, direction::read, its.reading);
    call_result const got = op.attempt([&](int fd) { return its.receive_parts(fd, rest.parts(), rest.count()); });
    if (got.error != 0) return {0, got.error, op.was_cancelled()};
    if (got.value != 0 && got.value < rest.bytes()) op.drained();
    return {got.value};
}

outcome write_stream(descriptor* stream, std::span<std::byte const> buffer, bool everything) {
    if (stream == nullptr) return {0, EBADF};
    if (buffer.empty()) return {};
    stream_calls const& its = calls_of(*stream);
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

outcome write_stream_parts(descriptor* stream, std::span<std::span<std::byte const> const> parts) {
    if (stream == nullptr) return {0, EBADF};
    part_cursor<std::byte const> rest(parts);
    if (rest.done()) return {};
    stream_calls const& its = calls_of(*stream);
    operation op(*stream, direction::write, its.writing);
    outcome so_far;
    while (!rest.done()) {
        call_result const sent = op.attempt([&](int fd) { return its.send_parts(fd, rest.parts(), rest.count()); });
        if (sent.error != 0) return {so_far.bytes, sent.error, op.was_cancelled()};
        so_far.bytes += sent.value;
        rest.advance(sent.value);
    }
    return so_far;
}

}  // namespace weft::detail
