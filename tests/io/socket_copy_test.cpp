// Bytes that the kernel moves.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <weft/socket_copy.hpp>
#include <weft/unique_fd.hpp>
#include <weft/unix.hpp>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/child.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

namespace {

template <class Stream>
std::string read_to_end(Stream& from) {
    std::string all, text(256 * 1024, '\0');
    while (std::size_t const got = from.read_some(writable(text))) all.append(text, 0, got);
    return all;
}

weft::unique_fd file_with(std::string const& content) {
    weft::unique_fd file(::memfd_create("weft test", MFD_CLOEXEC));
    std::size_t const written = static_cast<std::size_t>(::write(file.get(), content.data(), content.size()));
    return written == content.size() ? std::move(file) : weft::unique_fd();
}

}  // namespace

TEST_CASE("a copy moves every byte of a stream and closes neither end", "[copy]") {
    in_fibers([] {
        std::size_t const before = descriptors_in_use();
        std::string const data = pattern(sized(8 << 20, 2 << 20, 1 << 20));
        {
            auto listener = net::listen("127.0.0.1:0");
            auto [source, in] = connect(listener);
            auto [out, sink] = connect(listener);
            auto writer = weft::spawn([&, &source = source] {
                source.write_all(weft::as_bytes(data));
                source.shutdown_write();
            });
            auto reader = weft::spawn([&sink = sink] { return read_to_end(sink); });
            CHECK(net::copy(in, out) == data.size());
            writer.join();
            CHECK(in.is_open());
            out.write_all(weft::as_bytes("the end"));
            out.close();
            CHECK(reader.join() == data + "the end");
        }
        CHECK(descriptors_in_use() == before);
    });
}

TEST_CASE("a proxy copies both ways at once, between kinds of streams", "[copy]") {
    in_fibers([] {
        auto [client, front] = connect();
        auto [back, server] = net::stream_pair();
        weft::wait_group copying;
        copying.go([&front = front, &back = back] {
            net::copy(front, back);
            back.shutdown_write();
        });
        copying.go([&front = front, &back = back] {
            net::copy(back, front);
            front.shutdown_write();
        });
        auto echo = weft::spawn([&server = server] {
            std::string text = read_to_end(server);
            server.write_all(weft::as_bytes(text));
            server.close();
        });
        std::string const data = pattern(300'000);
        client.write_all(weft::as_bytes(data));
        client.shutdown_write();
        CHECK(read_to_end(client) == data);
        echo.join();
        copying.wait();
    });
}

TEST_CASE("a cancelled copy that waits for data has written all that it has read", "[copy][C54]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [source, in] = connect(listener);
        auto [out, sink] = connect(listener);
        for (bool const throws : {false, true}) {
            net::copy_progress progress;
            auto copying = weft::spawn([&, &in = in, &out = out] {
                std::error_code ec;
                if (throws)
                    net::copy(in, out);
                else
                    net::copy(in, out, progress, ec);
                return ec;
            });
            send(source, "some");
            CHECK(receive(sink) == "some");
            until_parked(1);
            copying.cancel();
            if (throws) {
                CHECK_THROWS_AS(copying.join(), weft::cancelled);
                continue;
            }
            CHECK(copying.join() == std::errc::operation_canceled);
            CHECK(progress.read == 4);
            CHECK(progress.written == 4);
        }
        send(source, "not lost");
        CHECK(receive(in) == "not lost");
    });
}

// The copy ends the request by which an io_uring receives bytes, so that the kernel can splice them.
TEST_CASE("a copy that begins does not wake a select that waits for the same bytes", "[copy][select][bug]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [source, in] = connect(listener);
        auto [out, sink] = connect(listener);
        std::atomic<bool> woken{false};
        auto waiter = weft::spawn([&, &in = in] {
            std::size_t const chosen = weft::select(weft::on_readable(in), weft::on_timeout(1h));
            woken = true;
            return chosen;
        });
        until_parked(1);
        auto copying = weft::spawn([&in = in, &out = out] { return net::copy(in, out); });
        until_parked(2);
        let_others_run();
        CHECK_FALSE(woken.load());
        source.shutdown_write();
        CHECK(waiter.join() == 0);
        CHECK(copying.join() == 0);
    });
}

TEST_CASE("a copy that cannot go on says how far it came", "[copy][C49][C52]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [source, in] = connect(listener);
        auto [out, sink] = connect(listener);
        std::string const data = pattern(32 << 20);
        auto writer = weft::spawn([&, &source = source] {
            std::error_code ec;
            source.write_all(weft::as_bytes(data), ec);
        });
        net::copy_progress progress;
        std::error_code ec;
        out.set_write_deadline(weft::clock::now() + 200ms);
        net::copy(in, out, progress, ec);
        CHECK(ec == std::errc::timed_out);
        CHECK(progress.read > progress.written);
        CHECK(progress.read - progress.written <= 64 * 1024 * 1024);
        out.close();
        std::string const arrived = read_to_end(sink);
        CHECK(arrived.size() == progress.written);
        CHECK(data.starts_with(arrived));
        CHECK(net::copy(in, out, ec) == 0);
        CHECK(ec == std::errc::operation_canceled);
        in.close();
        source.close();
        writer.join();
        CHECK_THROWS_AS(net::copy(in, out), std::system_error);
        net::tcp_stream none;
        CHECK(net::copy(none, out, ec) == 0);
        CHECK(ec == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("a copy to a peer that is gone is an error and no signal", "[copy][C53]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [source, in] = connect(listener);
        auto [out, sink] = connect(listener);
        sink.set_linger(0s);
        sink.close();
        std::error_code ec, none;
        auto copying = weft::spawn([&, &in = in, &out = out] { net::copy(in, out, ec); });
        auto feeding = weft::spawn([&, &source = source] {
            while (!none) source.write_all(weft::as_bytes("x"), none);
        });
        copying.join();
        CHECK((ec == std::errc::connection_reset || ec == std::errc::broken_pipe));
        source.close();
        feeding.join();
    });
}

TEST_CASE("a part of a file goes to a socket", "[copy]") {
    in_fibers([] {
        std::string const data = pattern(sized(4 << 20, 2 << 20, 1 << 20));
        auto const file = file_with(data);
        REQUIRE(file);
        struct part {
            std::uint64_t offset, count;
        };
        for (auto const& [offset, count] :
             {part{0, UINT64_MAX}, {1000, 70'000}, {data.size() - 5, 100}, {data.size() + 5, 100}, {7, 0}}) {
            auto [near, far] = connect();
            auto reader = weft::spawn([&far = far] { return read_to_end(far); });
            std::string const expected = offset < data.size() ? data.substr(offset, count) : std::string();
            CHECK(net::send_file(near, file.get(), offset, count) == expected.size());
            near.close();
            CHECK(reader.join() == expected);
        }
        auto [near, far] = connect();
        std::error_code ec;
        CHECK(net::send_file(near, -1, 0, 10, ec) == 0);
        CHECK(ec == std::errc::bad_file_descriptor);
        CHECK(net::send_file(near, file.get(), UINT64_MAX, 10, ec) == 0);
        CHECK(ec == std::errc::invalid_argument);
        near.set_write_deadline(past());
        CHECK_THROWS_AS(net::send_file(near, file.get()), std::system_error);
    });
}

// A plain thread does not block SIGPIPE: the signal would end this program.
TEST_CASE("a file sent to a peer that is gone is an error and no signal", "[copy][C53][bug]") {
    in_fibers([] {
        auto const file = file_with(pattern(1'000));
        REQUIRE(file);
        auto [near, far] = connect();
        near.shutdown_write();
        auto const send_it = [&near = near, &file] {
            std::error_code ec;
            net::send_file(near, file.get(), 0, UINT64_MAX, ec);
            sigset_t pending;
            ::sigpending(&pending);
            return ec == std::errc::broken_pipe && ::sigismember(&pending, SIGPIPE) == 0;
        };
        CHECK(send_it());
        CHECK(weft::blocking([&] {
            bool done = false;
            std::thread plain([&] {
                sigset_t set;
                ::sigemptyset(&set);
                ::sigaddset(&set, SIGPIPE);
                ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);  // it has inherited the mask
                done = send_it();
            });
            plain.join();
            return done;
        }));
    });
}

TEST_CASE("a plain thread copies, too", "[copy]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto [source, in] = connect(listener);
        auto [out, sink] = connect(listener);
        std::string const data = pattern(200'000);
        auto const file = file_with(data);
        std::thread copier([&, &in = in, &out = out] {
            net::copy(in, out);
            net::send_file(out, file.get());
            out.close();
        });
        auto writer = weft::spawn([&, &source = source] {
            source.write_all(weft::as_bytes(data));
            source.close();
        });
        CHECK(read_to_end(sink) == data + data);
        writer.join();
        weft::blocking([&] { copier.join(); });
    });
}

namespace {

// The signal would end this process; left pending it would strike later.
child const sends_to_nobody{"send_file: nobody reads", [] {
                                std::signal(SIGPIPE, SIG_DFL);
                                return weft::run([] {
                                    auto [near, far] = net::stream_pair();
                                    far.close();
                                    auto const file = file_with(pattern(1000));
                                    auto const refused = [&near = near, &file] {
                                        std::error_code ec;
                                        net::send_file(near, file.get(), 0, 1000, ec);
                                        sigset_t pending;
                                        ::sigpending(&pending);
                                        return ec == std::errc::broken_pipe && ::sigismember(&pending, SIGPIPE) == 0;
                                    };
                                    bool const by_fiber = refused();
                                    bool by_thread = false;
                                    std::thread sender([&] { by_thread = refused(); });
                                    weft::blocking([&] { sender.join(); });
                                    return by_fiber && by_thread ? 0 : 1;
                                });
                            }};

}  // namespace

TEST_CASE("sending a file to nobody is an error and no signal", "[copy]") {
    auto const end = sends_to_nobody.run();
    CHECK(end.signal == 0);
    CHECK(end.exit_status == 0);
}
