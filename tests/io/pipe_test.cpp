// Pipes of the system, and that writing where nobody reads is an error, not a signal.

#include <weft/pipe.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
using namespace std::chrono_literals;

namespace {

std::string take(weft::pipe_reader& from, std::size_t most = 64 * 1024) {
    std::string text(most, '\0');
    text.resize(from.read_some(writable(text)));
    return text;
}

std::error_code read_error(weft::pipe_reader& from) {
    std::byte byte[1];
    std::error_code ec;
    from.read_some(byte, ec);
    return ec;
}

std::error_code write_error(weft::pipe_writer& to, std::string_view text = "x") {
    std::error_code ec;
    to.write_all(weft::as_bytes(text), ec);
    return ec;
}

// More than any pipe holds.
std::string const too_much(4 << 20, 'x');

}  // namespace

TEST_CASE("what goes into a pipe comes out, to the last byte, and then the end", "[pipe][C52]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        std::string const sent = pattern(sized(8'000'000, 4'000'000, 1'000'000));
        auto writing =
            weft::spawn([&sent, to = std::move(writer)]() mutable { return to.write_all(weft::as_bytes(sent)); });
        std::string got;
        for (std::string part; part = take(reader, 10'007), !part.empty();) got += part;
        CHECK(writing.join() == sent.size());
        CHECK((got == sent));
        CHECK(take(reader).empty());
    });
}

TEST_CASE("read_exact fills the buffer, and stops at the end of a pipe", "[pipe]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        auto writing = weft::spawn([&writer = writer] {
            for (char const* part : {"we", "ft ", "fi", "ber"}) writer.write_all(weft::as_bytes(part));
            writer.close();
        });
        std::string text(5, '\0');
        CHECK(reader.read_exact(writable(text)) == 5);
        CHECK(text == "weft ");
        text.assign(100, '\0');
        CHECK(reader.read_exact(writable(text)) == 5);
        CHECK(text.substr(0, 5) == "fiber");
        CHECK(reader.read_exact({}) == 0);
        writing.join();
    });
}

TEST_CASE("a write to a pipe without a reader is broken_pipe in a fiber, on a helper thread and on a plain thread",
          "[pipe][C53]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        reader.close();
        CHECK(write_error(writer) == std::errc::broken_pipe);
        CHECK_THROWS_AS(writer.write_all(weft::as_bytes("x")), std::system_error);
        CHECK(weft::blocking([&writer = writer] { return write_error(writer); }) == std::errc::broken_pipe);

        std::error_code on_thread;
        bool blocked_afterwards = true;
        bool pending_afterwards = true;
        auto const plain = [&, &writer = writer] {
            on_thread = write_error(writer);
            sigset_t set;
            ::pthread_sigmask(SIG_BLOCK, nullptr, &set);
            blocked_afterwards = ::sigismember(&set, SIGPIPE) == 1;
            ::sigpending(&set);
            pending_afterwards = ::sigismember(&set, SIGPIPE) == 1;
        };
        // A thread inherits what the one that starts it blocks.
        weft::blocking([&] {
            sigset_t pipe;
            ::sigemptyset(&pipe);
            ::sigaddset(&pipe, SIGPIPE);
            ::pthread_sigmask(SIG_UNBLOCK, &pipe, nullptr);
            std::thread(plain).join();
            ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        });
        CHECK(on_thread == std::errc::broken_pipe);
        CHECK_FALSE(blocked_afterwards);
        CHECK_FALSE(pending_afterwards);
    });
}

TEST_CASE("whatever library writes in a fiber, SIGPIPE does not end the program, and none stays pending",
          "[pipe][C53]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        reader.close();
        weft::this_fiber::pin const here;  // the signal is the thread's
        CHECK(::write(writer.native_handle(), "x", 1) == -1);
        CHECK(write_error(writer) == std::errc::broken_pipe);
        sigset_t pending;
        ::sigpending(&pending);
        CHECK(::sigismember(&pending, SIGPIPE) == 0);
    });
}

TEST_CASE("a reader that goes away wakes a writer that waits for room", "[pipe][C53]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        auto writing = weft::spawn([&writer = writer] { return write_error(writer, too_much); });
        until_parked(1);
        reader.close();
        CHECK(writing.join() == std::errc::broken_pipe);
    });
}

TEST_CASE("closing a pipe's end wakes whoever waits for it", "[pipe][C50]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        auto [full_reader, full_writer] = weft::os_pipe();
        std::vector<weft::fiber<std::error_code>> waiting;
        for (int i = 0; i != 3; ++i) {
            waiting.push_back(weft::spawn([&reader = reader] { return read_error(reader); }));
            waiting.push_back(weft::spawn([&to = full_writer] { return write_error(to, too_much); }));
        }
        until_parked(6);
        reader.close();
        full_writer.close();
        for (auto& f : waiting) CHECK(f.join() == std::errc::operation_canceled);
        CHECK_FALSE(reader.is_open());
        CHECK(reader.native_handle() == -1);
        CHECK(read_error(reader) == std::errc::operation_canceled);
        reader = {};
        CHECK(read_error(reader) == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("deadlines of pipes hold for operations in progress, stick, and can be cleared", "[pipe][C49]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        auto reading = weft::spawn([&reader = reader] { return read_error(reader); });
        until_parked(1);
        reader.set_deadline(past());
        CHECK(reading.join() == std::errc::timed_out);
        CHECK(read_error(reader) == std::errc::timed_out);
        reader.clear_deadline();
        auto writing = weft::spawn([&writer = writer] { return write_error(writer, too_much); });
        until_parked(1);
        writer.set_write_deadline(past());
        CHECK(writing.join() == std::errc::timed_out);
        CHECK_FALSE(take(reader).empty());
        CHECK(write_error(writer) == std::errc::timed_out);
        writer.clear_deadline();
        CHECK_FALSE(write_error(writer));
    });
}

TEST_CASE("a cancelled read of a pipe takes no byte", "[pipe][C54]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        for (int i = 0; i != sized(300, 100, 30); ++i) {
            auto reading = weft::spawn([&reader = reader] { return take(reader, 1); });
            auto writing = weft::spawn([&writer = writer, i] {
                char const byte[] = {static_cast<char>('a' + i % 26)};
                writer.write_all(std::as_bytes(std::span(byte)));
            });
            if (i % 2 == 0) weft::this_fiber::yield();
            reading.cancel();
            std::string got;
            try {
                got = reading.join();
            } catch (weft::cancelled const&) {
                got = take(reader, 1);
            }
            CHECK(got == std::string(1, static_cast<char>('a' + i % 26)));
            writing.join();
        }
    });
}

TEST_CASE("the ends of pipes stand in a select", "[pipe][C25]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        auto const quit = weft::make_chan<int>();
        CHECK(weft::select(weft::on_readable(reader), weft::on_timeout(1ms)) == 1);
        CHECK(weft::select(weft::on_writable(writer), weft::on_recv(quit, [](auto) {})) == 0);
        auto writing = weft::spawn([&writer = writer] {
            until_parked(1);
            writer.write_all(weft::as_bytes("x"));
        });
        CHECK(weft::select(weft::on_readable(reader), weft::on_recv(quit, [](auto) {})) == 0);
        CHECK(take(reader) == "x");
        writing.join();
    });
}

TEST_CASE("writers of one pipe come one after another", "[pipe][C51]") {
    in_fibers([] {
        auto [reader, writer] = weft::os_pipe();
        constexpr std::size_t size = 100'000;  // more than the system keeps together
        std::vector<weft::fiber<>> writing;
        for (char c : {'a', 'b', 'c'})
            writing.push_back(
                weft::spawn([&writer = writer, c] { writer.write_all(weft::as_bytes(std::string(size, c))); }));
        std::string got(3 * size, '\0');
        CHECK(reader.read_exact(writable(got)) == got.size());
        for (std::size_t i = 0; i != 3; ++i) CHECK(got.find_first_not_of(got[i * size], i * size) >= (i + 1) * size);
        for (auto& f : writing) f.join();
    });
}

TEST_CASE("a pipe is made by a fiber", "[pipe]") { CHECK_THROWS_AS(weft::os_pipe(), weft::runtime_stopped); }
