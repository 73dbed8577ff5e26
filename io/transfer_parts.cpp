// Several buffers with one system call. On sockets only.
#include "transfer.hpp"

namespace weft::detail {

namespace {

constexpr wait_reason reading{"socket read", true};
constexpr wait_reason writing{"socket write", true};

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

}  // namespace

outcome read_stream_parts(descriptor* socket, std::span<std::span<std::byte> const> parts) {
    if (socket == nullptr) return {0, EBADF};
    part_cursor<std::byte> rest(parts);
    if (rest.done()) return {};
    operation op(*socket, direction::read, reading);
    auto const receive = [&](int fd) { return calls::receive(fd, rest.parts(), rest.count()); };
    call_result const got =
        socket->kind() == descriptor_kind::tcp ? op.receive(rest.parts(), receive) : op.attempt(receive);
    if (got.error != 0) return {0, got.error, op.was_cancelled()};
    if (got.value != 0 && got.value < rest.bytes()) op.drained();
    return {got.value};
}

outcome write_stream_parts(descriptor* socket, std::span<std::span<std::byte const> const> parts) {
    if (socket == nullptr) return {0, EBADF};
    part_cursor<std::byte const> rest(parts);
    if (rest.done()) return {};
    operation op(*socket, direction::write, writing);
    outcome so_far;
    while (!rest.done()) {
        call_result const sent = op.attempt([&](int fd) { return calls::send(fd, rest.parts(), rest.count()); });
        if (sent.error != 0) return {so_far.bytes, sent.error, op.was_cancelled()};
        so_far.bytes += sent.value;
        rest.advance(sent.value);
    }
    return so_far;
}

}  // namespace weft::detail
