// A read that gets less than it asked for usually found the socket empty, and the next one may wait for an event at once. These
// are the streams in which that is not so.

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
using namespace std::chrono_literals;
namespace net = weft::net;

namespace {

constexpr auto patience = sanitized ? 30s : 10s;

// Sends `text` together with a descriptor; false if the system refused.
bool send_with_descriptor(int socket, std::string text, int passed) {
    iovec data{text.data(), text.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof passed)]{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

// Reads until `size` bytes have come, in reads that ask for much more.
std::string gather(net::tcp_stream& from, std::size_t size) {
    from.set_read_deadline(weft::clock::now() + patience);
    std::string all;
    std::error_code failed;
    while (all.size() < size && !failed) {
        std::string piece(1024, '\0');
        piece.resize(from.read_some(writable(piece), failed));
        all += piece;
        if (piece.empty()) break;
    }
    return all;
}

}  // namespace

TEST_CASE("a short read of a unix socket does not hide what follows it", "[net][bug]") {
    in_fibers([] {
        auto [near, far] = connect("unix:@weft short read test");
        auto reader = weft::spawn([&far = far] { return gather(far, 11); });
        until_parked(1);
        // The system ends a read after the message that carries a descriptor. Both are there before anybody polls.
        CHECK(send_with_descriptor(near.native_handle(), "first ", STDERR_FILENO));
        CHECK(::send(near.native_handle(), "other", 5, MSG_NOSIGNAL) == 5);
        CHECK(reader.join() == "first other");
    });
}

TEST_CASE("a short read at urgent data does not hide what follows it", "[net][bug]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto reader = weft::spawn([&far = far] { return gather(far, 8); });
        until_parked(1);
        int const socket = near.native_handle();
        CHECK(::send(socket, "left", 4, MSG_NOSIGNAL) == 4);
        CHECK(::send(socket, "!", 1, MSG_NOSIGNAL | MSG_OOB) == 1);  // not part of the stream, but ends a read
        CHECK(::send(socket, "over", 4, MSG_NOSIGNAL) == 4);
        CHECK(reader.join() == "leftover");
    });
}
