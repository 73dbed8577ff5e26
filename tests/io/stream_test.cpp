// Reading and writing.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace net = weft::net;

static_assert(std::is_nothrow_move_constructible_v<net::tcp_stream> && !std::is_copy_constructible_v<net::tcp_stream>);
static_assert(std::is_nothrow_move_constructible_v<net::tcp_listener> &&
              !std::is_copy_constructible_v<net::tcp_listener>);

TEST_CASE("what one end writes the other reads", "[net]") {
    for (char const* address : {"127.0.0.1:0", "[::1]:0", "unix:@weft stream test"}) {
        INFO(address);
        in_fibers([address] {
            auto [near, far] = connect(address);
            send(near, "ping");
            CHECK(receive(far) == "ping");
            send(far, "pong");
            CHECK(receive(near, 2) == "po");
            CHECK(receive(near, 2) == "ng");
            near.shutdown_write();
            CHECK(receive(far).empty());
            CHECK(receive(far).empty());
            send(far, "still");
            CHECK(receive(near) == "still");
        });
    }
}

TEST_CASE("a unix listener takes its file along", "[net]") {
    in_fibers([] {
        std::string const path = "/tmp/weft-test-" + std::to_string(::getpid()) + ".socket";
        auto listener = net::listen("unix:" + path);
        CHECK(::access(path.c_str(), F_OK) == 0);
        auto [near, far] = connect(listener);
        CHECK(near.remote() == listener.local());
        CHECK(near.local().to_string() == "unix:");
        listener.close();
        CHECK(::access(path.c_str(), F_OK) != 0);
    });
}

TEST_CASE("a connection knows both its ends", "[net]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        CHECK(listener.local().port() != 0);
        auto [near, far] = connect(listener);
        CHECK(near.remote() == listener.local());
        CHECK(near.local() == far.remote());
        CHECK(near.remote() == far.local());
        CHECK(near.is_open());
        CHECK(near.native_handle() >= 0);
    });
}

TEST_CASE("both ends send without delay, and their numbers do not leak into children", "[net]") {
    in_fibers([] {
        auto [near, far] = connect();
        for (net::tcp_stream const* end : {&near, &far}) {
            int on = 0;
            socklen_t size = sizeof on;
            REQUIRE(::getsockopt(end->native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
            CHECK(on != 0);
            CHECK(::fcntl(end->native_handle(), F_GETFD) == FD_CLOEXEC);
        }
    });
}

TEST_CASE("reading exactly waits for all of it, or for the end", "[net]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto reader = weft::spawn([&far = far] {
            std::string text(6, '\0');
            std::size_t const n = far.read_exact(writable(text));
            return text.substr(0, n);
        });
        send(near, "ab");
        until_parked(1);
        send(near, "cd");
        send(near, "efgh");
        CHECK(reader.join() == "abcdef");

        near.close();
        std::string rest(6, '\0');
        CHECK(far.read_exact(writable(rest)) == 2);
        CHECK(rest.substr(0, 2) == "gh");
    });
}

TEST_CASE("nothing read or written needs no waiting", "[net][C52]") {
    in_fibers([] {
        auto [near, far] = connect();
        std::error_code ec = std::make_error_code(std::errc::io_error);
        CHECK(near.read_some({}) == 0);
        CHECK(near.read_some({}, ec) == 0);
        CHECK_FALSE(ec);
        CHECK(near.read_exact({}) == 0);
        CHECK(near.write_some({}) == 0);
        CHECK(near.write_all({}) == 0);
    });
}

TEST_CASE("everything is written, however little fits at a time", "[net][C52][C53]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [near, far] = connect(listener);
        int const small = 4096;
        ::setsockopt(near.native_handle(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);

        std::string const sent = pattern(sized<std::size_t>(4'000'000, 2'000'000, 500'000));
        auto writer = weft::spawn([&near = near, &sent] { return near.write_all(weft::as_bytes(sent)); });
        std::string received(sent.size(), '\0');
        CHECK(far.read_exact(writable(received)) == sent.size());
        CHECK(writer.join() == sent.size());
        CHECK(received == sent);
    });
}

TEST_CASE("a stream arrives byte by byte too", "[net][C53]") {
    in_fibers([] {
        auto [near, far] = connect();
        std::string const sent = pattern(1000);
        auto writer = weft::spawn([&near = near, &sent] {
            for (char const c : sent) send(near, std::string_view(&c, 1));
            near.close();
        });
        std::string received;
        for (std::string byte; !(byte = receive(far, 1)).empty();) received += byte;
        writer.join();
        CHECK(received == sent);
    });
}

TEST_CASE("one reader and one writer do not wait for each other", "[net][C51]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto reader = weft::spawn([&near = near] { return receive(near); });
        until_parked(1);
        send(near, "written while a read waits");  // on the same stream
        CHECK(receive(far) == "written while a read waits");

        std::size_t const filled = fill(near);
        auto writer = weft::spawn([&near = near] { return near.write_all(weft::as_bytes("last")); });
        until_parked(2);
        send(far, "read while a write waits");
        CHECK(reader.join() == "read while a write waits");

        std::string everything(filled + 4, '\0');
        CHECK(far.read_exact(writable(everything)) == filled + 4);
        CHECK(everything.ends_with("last"));
        CHECK(writer.join() == 4);
    });
}

TEST_CASE("writes do not mix", "[net][C51]") {
    in_fibers([] {
        auto [near, far] = connect();
        constexpr int writers = 8;
        std::size_t const size = sized<std::size_t>(1'000'000, 500'000, 200'000);
        weft::wait_group writing;
        for (int i = 0; i != writers; ++i)
            writing.go([&, &near = near, i] { send(near, std::string(size, static_cast<char>('a' + i))); });

        std::string received(size, '\0');
        std::string seen;
        for (int i = 0; i != writers; ++i) {
            REQUIRE(far.read_exact(writable(received)) == size);
            CHECK(received.find_first_not_of(received.front()) == std::string::npos);
            seen += received.front();
        }
        writing.wait();
        std::sort(seen.begin(), seen.end());
        CHECK(seen == "abcdefgh");
    });
}

TEST_CASE("reads stand in line", "[net][C51]") {
    in_fibers([] {
        auto [near, far] = connect();
        std::vector<weft::fiber<std::string>> readers;
        for (int i = 0; i != 10; ++i)
            readers.push_back(weft::spawn([&far = far] {
                std::string text(3, '\0');
                far.read_exact(writable(text));
                return text;
            }));
        until_parked(10);
        std::string const sent = "aaabbbcccdddeeefffggghhhiiijjj";
        for (char const c : sent) send(near, std::string_view(&c, 1));
        for (auto& reader : readers) {
            std::string const text = reader.join();
            CHECK(text == std::string(3, text.front()));
        }
    });
}

TEST_CASE("moving a stream leaves its operations and deadlines alone", "[net]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto reader = weft::spawn([stream = &far] { return receive(*stream); });
        until_parked(1);
        net::tcp_stream moved = std::move(far);
        CHECK_FALSE(far.is_open());
        send(near, "hello");
        CHECK(reader.join() == "hello");

        moved.set_read_deadline(past());
        net::tcp_stream again;
        again = std::move(moved);
        std::error_code ec;
        std::byte byte[1];
        CHECK(again.read_some(byte, ec) == 0);
        CHECK(ec == std::errc::timed_out);
    });
}

TEST_CASE("shutting down reading ends a read in progress", "[net]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto reader = weft::spawn([&near = near] { return receive(near); });
        until_parked(1);
        near.shutdown_read();
        CHECK(reader.join().empty());
    });
}

TEST_CASE("the last bytes and the end of the stream arrive as one event", "[net][bug]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        for (int i = 0; i != sized(300, 100, 50); ++i) {
            auto [near, far] = connect(listener);
            auto reader = weft::spawn([&far = far] {
                std::string all;
                for (std::string part; !(part = receive(far)).empty();) all += part;
                return all;
            });
            if (i % 2 == 0) until_parked(1);
            send(near, "the end");
            near.close();
            CHECK(reader.join() == "the end");
        }
    });
}

TEST_CASE("several may accept on one listener", "[net]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        std::vector<weft::fiber<std::string>> servers;
        for (int i = 0; i != 10; ++i)
            servers.push_back(weft::spawn([&listener] {
                auto stream = listener.accept();
                return receive(stream);
            }));
        until_parked(10);
        std::vector<net::tcp_stream> clients;
        for (int i = 0; i != 10; ++i) send(clients.emplace_back(net::dial(listener.local())), "served");
        for (auto& server : servers) CHECK(server.join() == "served");
    });
}

TEST_CASE("listeners can share an address", "[net]") {
    in_fibers([] {
        net::listen_options const shared{.per_worker = true};
        auto one = net::listen("127.0.0.1:0", shared);
        auto two = net::listen(one.local(), shared);
        CHECK(one.local() == two.local());
        auto third = [&] { return net::listen(one.local()); };
        CHECK_THROWS_AS(third(), std::system_error);
    });
}

TEST_CASE("a plain thread can read and write", "[net]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto done = weft::spawn([&far = far] {
            return weft::blocking([&far] {
                std::string got = receive(far);
                send(far, got + got);
                return got;
            });
        });
        until_parked(1);
        send(near, "twice");
        std::string answer(10, '\0');
        CHECK(near.read_exact(writable(answer)) == 10);
        CHECK(answer == "twicetwice");
        CHECK(done.join() == "twice");
    });
}
