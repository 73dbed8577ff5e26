// Sockets between processes of one machine.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>
#include <weft/unix.hpp>
#include <weft/weft.hpp>

#include "endpoint_access.hpp"
#include "engines.hpp"
#include "sockets.hpp"
#include "support/child.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

std::string temporary_path(char const* name) {
    return "/tmp/weft_" + std::string(name) + "_" + std::to_string(::getpid());
}

bool exists(std::string const& path) {
    struct stat about {};
    return ::stat(path.c_str(), &about) == 0;
}

template <class Stream>
std::string read_text(Stream& from, std::size_t most = 1024) {
    std::string text(most, '\0');
    text.resize(from.read_some(writable(text)));
    return text;
}

std::string recv_text(net::unix_datagram& from) {
    std::string text(1024, '\0');
    text.resize(from.recv(writable(text)));
    return text;
}

/// A descriptor and what it can be recognised by.
weft::unique_fd pipe_end(weft::unique_fd& other) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    other = weft::unique_fd(ends[0]);
    return weft::unique_fd(ends[1]);
}

}  // namespace

TEST_CASE("a unix listener takes connections at a file and at an abstract name", "[unix]") {
    in_fibers([] {
        std::string const path = temporary_path("listener");
        for (std::string const& at : {path, "unix:" + path, "@weft/" + path, "unix:@weft/" + path}) {
            auto listener = net::listen_unix(at);
            auto near = net::dial_unix(at);
            auto far = listener.accept();
            near.write_all(weft::as_bytes("hello"));
            CHECK(read_text(far) == "hello");
            near.shutdown_write();
            CHECK(read_text(far).empty());
            far.write_all(weft::as_bytes("still there"));
            CHECK(read_text(near) == "still there");
            CHECK(near.remote() == listener.local());
            auto const who = far.peer();
            CHECK(who.process == ::getpid());
            CHECK(who.user == ::geteuid());
            CHECK(who.group == ::getegid());
            CHECK(exists(path) == (at.find('@') == at.npos));
        }
        CHECK_FALSE(exists(path));
        {
            auto listener = net::listen_unix(path), moved = std::move(listener);
            moved = net::listen_unix("@other" + path);
            CHECK_FALSE(exists(path));
            std::error_code ec;
            moved.set_deadline(past());
            CHECK_FALSE(moved.accept(ec).is_open());
            CHECK(ec == std::errc::timed_out);
        }
        CHECK_THROWS_AS(net::dial_unix(path), std::system_error);
        CHECK_THROWS_AS(net::listen_unix(""), std::invalid_argument);
    });
}

TEST_CASE("a unix listener that does not come about leaves no file", "[unix][bug]") {
    weft::detail::system_table refuses;
    refuses.listen = [](int, int) {
        errno = ENOMEM;
        return -1;
    };
    installed const guard(refuses);
    in_fibers([] {
        std::string const path = temporary_path("refused");
        CHECK_THROWS_AS(net::listen_unix(path), std::system_error);
        CHECK_FALSE(exists(path));
        // But one that is another's stays.
        auto const other = net::bind_unix_datagram(path);
        CHECK_THROWS_AS(net::listen_unix(path), std::system_error);
        CHECK(exists(path));
    });
}

TEST_CASE("a pair of streams is connected", "[unix]") {
    in_fibers([] {
        auto [a, b] = net::stream_pair();
        auto reader = weft::spawn([&b = b] { return read_text(b); });
        until_parked(1);
        a.write_all(weft::as_bytes("across"));
        CHECK(reader.join() == "across");
        a.close();
        CHECK(read_text(b).empty());
        std::error_code ec;
        b.write_all(weft::as_bytes("x"), ec);
        CHECK(ec == std::errc::broken_pipe);
    });
    CHECK_THROWS_AS(net::stream_pair(), weft::runtime_stopped);
}

TEST_CASE("descriptors travel along with bytes", "[unix]") {
    in_fibers([] {
        std::size_t const before = descriptors_in_use();
        {
            auto [a, b] = net::stream_pair();
            weft::unique_fd read_end;
            auto const write_end = pipe_end(read_end);
            int const both[] = {write_end.get(), read_end.get()};
            CHECK(a.send_descriptors(weft::as_bytes("two pipes"), both) == 9);
            std::string text(100, '\0');
            auto got = b.recv_descriptors(writable(text));
            CHECK(got.bytes == 9);
            CHECK_FALSE(got.lost);
            REQUIRE(got.descriptors.size() == 2);
            for (auto const& fd : got.descriptors) CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
            CHECK(::write(got.descriptors[0].get(), "x", 1) == 1);
            char byte = 0;
            CHECK(::read(read_end.get(), &byte, 1) == 1);
            CHECK(byte == 'x');

            // Those who do not ask for them leave nothing behind.
            a.send_descriptors(weft::as_bytes("unasked"), both);
            CHECK(read_text(b) == "unasked");
            // Bytes before and after come with none.
            a.write_all(weft::as_bytes("before"));
            a.send_descriptors(weft::as_bytes("with"), both);
            a.write_all(weft::as_bytes("after"));
            std::string all;
            std::size_t descriptors = 0;
            while (all.size() != 15) {
                auto const part = b.recv_descriptors(writable(text));
                all.append(text, 0, part.bytes);
                descriptors += part.descriptors.size();
            }
            CHECK(all == "beforewithafter");
            CHECK(descriptors == 2);
            a.close();
            CHECK(b.recv_descriptors(writable(text)).bytes == 0);
        }
        CHECK(descriptors_in_use() == before);
    });
}

TEST_CASE("as many descriptors as the system passes, and no more", "[unix]") {
    in_fibers([] {
        auto [a, b] = net::stream_pair();
        weft::unique_fd read_end;
        auto const write_end = pipe_end(read_end);
        std::vector<int> many(254, write_end.get());
        std::error_code ec;
        std::byte byte[1] = {};
        CHECK(a.send_descriptors(byte, many, ec) == 0);
        CHECK(ec == std::errc::invalid_argument);
        CHECK(a.send_descriptors({}, std::span(many).first(1), ec) == 0);
        CHECK(ec == std::errc::invalid_argument);
        CHECK_THROWS_AS(a.send_descriptors(byte, many), std::system_error);
        a.send_descriptors(byte, std::span(many).first(253));
        CHECK(b.recv_descriptors(byte).descriptors.size() == 253);
        CHECK(a.send_descriptors(byte, {}) == 1);
        CHECK(b.recv_descriptors(byte).descriptors.empty());
        int const wrong[] = {-1};
        a.send_descriptors(byte, wrong, ec);
        CHECK(ec == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("a long message with descriptors is written as a unit", "[unix][C51]") {
    in_fibers([] {
        auto [a, b] = net::stream_pair();
        weft::unique_fd read_end;
        auto const write_end = pipe_end(read_end);
        int const one[] = {write_end.get()};
        std::string const mine = pattern(1 << 20), others(1000, '!');
        auto first = weft::spawn([&, &a = a] { return a.send_descriptors(weft::as_bytes(mine), one); });
        until_parked(1);
        auto second = weft::spawn([&, &a = a] { a.write_all(weft::as_bytes(others)); });
        std::string all, text(64 * 1024, '\0');
        std::size_t descriptors = 0;
        while (all.size() != mine.size() + others.size()) {
            auto const part = b.recv_descriptors(writable(text));
            all.append(text, 0, part.bytes);
            descriptors += part.descriptors.size();
        }
        CHECK(first.join() == mine.size());
        second.join();
        CHECK(all == mine + others);
        CHECK(descriptors == 1);
    });
}

TEST_CASE("unix datagrams: whole, in order, empty ones too, and with descriptors", "[unix][C52]") {
    in_fibers([] {
        std::size_t const before = descriptors_in_use();
        {
            auto [a, b] = net::datagram_pair();
            a.send(weft::as_bytes("one"));
            a.send({});
            a.send(weft::as_bytes("three"));
            CHECK(recv_text(b) == "one");
            CHECK(recv_text(b).empty());
            CHECK(recv_text(b) == "three");

            weft::unique_fd read_end;
            auto const write_end = pipe_end(read_end);
            int const one[] = {write_end.get()};
            a.send_descriptors(weft::as_bytes("take it"), one);
            std::string text(4, '\0');
            auto const got = b.recv_descriptors(writable(text));
            CHECK(text == "take");
            CHECK(got.truncated);
            CHECK(got.descriptors.size() == 1);
            a.send_descriptors({}, one);
            CHECK(recv_text(b).empty());  // and closes it
        }
        CHECK(descriptors_in_use() == before);
    });
}

TEST_CASE("a unix datagram socket has a name, answers to senders, and takes its file along", "[unix]") {
    in_fibers([] {
        std::string const path = temporary_path("datagram");
        {
            auto server = net::bind_unix_datagram(path);
            auto client = net::bind_unix_datagram("@client" + path), unnamed = net::bind_unix_datagram();
            client.send_to(weft::as_bytes("question"), server.local());
            std::string text(100, '\0');
            auto const got = server.recv_from(writable(text));
            CHECK(got.from == client.local());
            server.send_to(weft::as_bytes("answer"), got.from);
            CHECK(recv_text(client) == "answer");
            unnamed.connect(server.local());
            unnamed.send(weft::as_bytes("from nobody"));
            CHECK(server.recv_from(writable(text)).from == net::endpoint());
            CHECK(exists(path));
            server.close();
            CHECK_FALSE(exists(path));
            std::error_code ec;
            unnamed.send(weft::as_bytes("x"), ec);
            CHECK(ec == std::errc::connection_refused);
            server = net::bind_unix_datagram(path);
            auto const moved = std::move(server);
            CHECK(exists(path));
        }
        CHECK_FALSE(exists(path));
    });
}

namespace {

// By system calls of its own, because no deadline says that a queue is full. `to` is null where the socket is connected. Returns
// how many went in.
int fill(net::unix_datagram const& sender, net::endpoint const* to) {
    using weft::detail::endpoint_access;
    for (int sent = 0;; ++sent) {
        std::string const text = std::to_string(sent);
        if (::sendto(sender.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                     to == nullptr ? nullptr : endpoint_access::address(*to),
                     to == nullptr ? 0 : endpoint_access::size(*to)) < 0)
            return errno == EAGAIN ? sent : -1;
    }
}

}  // namespace

// epoll tells a sender about room only where it is connected; the others have to ask again.
TEST_CASE("a sender waits for room at the receiver, connected or not", "[unix][bug]") {
    in_fibers([] {
        std::string const name = "@full" + temporary_path("full");
        for (bool const connected : {true, false}) {
            auto receiver = net::bind_unix_datagram(name), sender = net::bind_unix_datagram();
            net::endpoint const address = receiver.local();
            net::endpoint const* const to = connected ? nullptr : &address;
            if (connected) sender.connect(address);
            auto send = [&](std::string_view text) {
                std::error_code ec;
                if (connected)
                    sender.send(weft::as_bytes(text), ec);
                else
                    sender.send_to(weft::as_bytes(text), address, ec);
                return ec;
            };
            int const sent = fill(sender, to);
            CHECK(sent > 0);
            auto waiting = weft::spawn([&] { return send("the last"); });
            auto cancelled = weft::spawn([&] { return send("never sent"); });
            until_parked(2);
            cancelled.cancel();
            CHECK(cancelled.join() == std::errc::operation_canceled);
            for (int i = 0; i != sent; ++i) CHECK(recv_text(receiver) == std::to_string(i));
            CHECK(recv_text(receiver) == "the last");
            CHECK_FALSE(waiting.join());

            CHECK(fill(sender, to) > 0);
            waiting = weft::spawn([&] { return send("closed before"); });
            until_parked(1);
            sender.close();
            CHECK(waiting.join() == std::errc::operation_canceled);
        }
    });
}

namespace {

// More descriptors arrive than there are numbers for.
int lose_descriptors() {
    return weft::run([] {
        auto [a, b] = net::stream_pair();
        std::vector<int> const many(10, a.native_handle());
        a.send_descriptors(weft::as_bytes("x"), many);
        rlimit const tight{static_cast<rlim_t>(b.native_handle()) + 4, 4096};
        ::setrlimit(RLIMIT_NOFILE, &tight);
        std::byte byte[1];
        std::size_t const before = 0;
        auto const got = b.recv_descriptors(byte);
        if (got.bytes != 1 || !got.lost) return 1;
        if (got.descriptors.size() <= before || got.descriptors.size() >= 10) return 2;
        return 0;
    });
}

child const losing{"descriptors lost", lose_descriptors};

}  // namespace

TEST_CASE("descriptors that there are no numbers for are reported as lost", "[unix][C53]") {
    auto const end = losing.run();
    INFO(end.err);
    CHECK(end.exit_status == 0);
}
