#include "message.hpp"

#include "endpoint_access.hpp"
#include "operation.hpp"

#include <sys/un.h>
#include <chrono>
#include <cstring>

namespace weft::detail {

namespace {

constexpr wait_reason sending{"socket send", true};
constexpr wait_reason receiving{"socket receive", true};

// The receiver's queue is full, and nobody will tell: an errno value that sendmsg does not use.
constexpr int receiver_is_full = ERESTART;
constexpr auto pause_when_full = std::chrono::milliseconds(1);

struct control_buffer {
    alignas(cmsghdr) std::byte bytes[CMSG_SPACE(most_descriptors * sizeof(int))];
};

iovec part(std::span<std::byte const> data) noexcept {
    return {const_cast<std::byte*>(data.data()), data.size()};  // what is sent is only read
}

void attach(msghdr& message, control_buffer& control, std::span<int const> descriptors) noexcept {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
}

// `passed` has room for all of them.
void detach(msghdr& message, std::vector<unique_fd>* passed) noexcept {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        std::size_t const count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i != count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            unique_fd owned(fd);
            if (passed != nullptr) passed->push_back(std::move(owned));
        }
    }
}

}  // namespace

outcome send_message(descriptor* socket, outgoing_message const& out) {
    if (socket == nullptr) return {0, EBADF};
    if (out.descriptors.size() > most_descriptors) return {0, EINVAL};
    iovec data = part(out.data);
    control_buffer control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (out.to != nullptr) {
        message.msg_name = const_cast<sockaddr*>(endpoint_access::address(*out.to));
        message.msg_namelen = endpoint_access::size(*out.to);
    }
    if (!out.descriptors.empty()) attach(message, control, out.descriptors);
    // A unix socket is told when there is room again only where it is connected.
    bool const must_ask_again = out.to != nullptr && endpoint_access::is_unix(*out.to);

    operation op(*socket, direction::write, sending);
    for (;;) {
        call_result const sent = op.attempt([&](int fd) {
            call_result const r = calls::send(fd, message);
            return must_ask_again && r.error == EAGAIN ? call_result{0, receiver_is_full} : r;
        });
        if (sent.error != receiver_is_full) return {sent.value, sent.error, op.was_cancelled()};
        if (int const failure = op.pause(pause_when_full); failure != 0) return {0, failure, true};
    }
}

outcome send_stream_with(descriptor* stream, std::span<std::byte const> data, std::span<int const> descriptors) {
    if (stream == nullptr) return {0, EBADF};
    if (data.empty() || descriptors.size() > most_descriptors) return {0, EINVAL};
    control_buffer control{};
    operation op(*stream, direction::write, sending);
    outcome so_far;
    do {
        iovec rest = part(data.subspan(so_far.bytes));
        msghdr message{};
        message.msg_iov = &rest;
        message.msg_iovlen = 1;
        // With the first bytes that the system takes; nothing has been sent before.
        if (so_far.bytes == 0 && !descriptors.empty()) attach(message, control, descriptors);
        call_result const sent = op.attempt([&](int fd) { return calls::send(fd, message); });
        if (sent.error != 0) return {so_far.bytes, sent.error, op.was_cancelled()};
        so_far.bytes += sent.value;
    } while (so_far.bytes < data.size());
    return so_far;
}

incoming_message receive_message(descriptor* socket, std::span<std::byte> buffer, std::vector<unique_fd>* passed) {
    if (socket == nullptr) return {{0, EBADF}};
    if (passed != nullptr) passed->reserve(passed->size() + most_descriptors);  // before there is something to lose
    iovec data{buffer.data(), buffer.size()};
    control_buffer control{};
    sockaddr_storage from{};
    msghdr message{};

    operation op(*socket, direction::read, receiving);
    call_result const got = op.attempt([&](int fd) {
        message = {};
        message.msg_name = &from;
        message.msg_namelen = sizeof from;
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        // Without room for them the system closes what descriptors there are.
        message.msg_control = passed == nullptr ? nullptr : control.bytes;
        message.msg_controllen = passed == nullptr ? 0 : sizeof control.bytes;
        return calls::receive(fd, message, MSG_TRUNC | MSG_CMSG_CLOEXEC);
    });
    if (got.error != 0) return {{0, got.error, op.was_cancelled()}};
    detach(message, passed);
    return {{std::min(got.value, buffer.size())},
            got.value,
            endpoint_access::make(&from, message.msg_namelen),
            passed != nullptr && (message.msg_flags & MSG_CTRUNC) != 0};
}

}  // namespace weft::detail
