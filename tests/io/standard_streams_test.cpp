// Streams over descriptors that are shared with others, who may want them to block.

#include <weft/standard_streams.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>
#include <weft/process.hpp>
#include <weft/weft.hpp>

#include "shared_stream.hpp"
#include "sockets.hpp"
#include "support/child.hpp"
#include "support/fixture.hpp"
#include "system_table.hpp"

using namespace weft_test;
using namespace std::chrono_literals;
using weft::detail::direction;

namespace {

// A number that nobody but the test owns; it blocks.
class number {
public:
    explicit number(int fd) : fd_(fd) { REQUIRE(fd >= 0); }
    ~number() { ::close(fd_); }
    number(number const&) = delete;
    operator int() const { return fd_; }

private:
    int fd_;
};

struct numbers {
    int in, out;
    number reads{in}, writes{out};
};
numbers blocking_pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    return {ends[0], ends[1]};
}
numbers blocking_sockets() {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    return {ends[0], ends[1]};
}
// What is written to the controlling side can be read at the terminal, line by line.
numbers terminal() {
    int const control = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char name[64];
    REQUIRE((control >= 0 && ::unlockpt(control) == 0 && ::ptsname_r(control, name, sizeof name) == 0));
    return {::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC), control};
}

weft::pipe_reader reader_of(int fd) {
    weft::detail::descriptor* const shared = weft::detail::open_shared(fd, direction::read);
    REQUIRE(shared != nullptr);
    return weft::detail::socket_access::make<weft::pipe_reader>(*shared);
}
weft::pipe_writer writer_of(int fd) {
    weft::detail::descriptor* const shared = weft::detail::open_shared(fd, direction::write);
    REQUIRE(shared != nullptr);
    return weft::detail::socket_access::make<weft::pipe_writer>(*shared);
}

std::string take(weft::pipe_reader& from) {
    std::string text(64 * 1024, '\0');
    text.resize(from.read_some(writable(text)));
    return text;
}

bool blocks(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0; }

// Waits, is cancelled, has a deadline, reads what comes; the worker is free meanwhile, or none of it could be.
void check_reading(int fd, int other) {
    auto in = reader_of(fd);
    CHECK(blocks(fd));
    auto waiting = weft::spawn([&in] { take(in); });
    until_parked(1);
    waiting.cancel();
    CHECK_THROWS_AS(waiting.join(), weft::cancelled);
    in.set_deadline(weft::clock::now() + 2ms);
    std::error_code ec;
    std::byte byte[1];
    in.read_some(byte, ec);
    CHECK(ec == std::errc::timed_out);
    in.clear_deadline();
    auto reading = weft::spawn([&in] { return take(in); });
    until_parked(1);
    CHECK(::write(other, "a line\n", 7) == 7);
    CHECK(reading.join() == "a line\n");
    CHECK(blocks(fd));
}

// As much as goes in at once, and then the rest, without holding the only worker.
void check_writing(int fd, int other) {
    std::string const sent = pattern(300'000);
    auto to = writer_of(fd);
    auto writing = weft::spawn([&] { return to.write_all(weft::as_bytes(sent)); });
    until_parked(1);
    std::string got = weft::blocking([&] {
        std::string text;
        for (char part[4096]; text.size() < sent.size();) {
            ssize_t const n = ::read(other, part, sizeof part);
            if (n <= 0) break;
            text.append(part, static_cast<std::size_t>(n));
        }
        return text;
    });
    CHECK((got == sent));
    CHECK(writing.join() == sent.size());
    CHECK(blocks(fd));
}

// A system that does not let us open anything once more.
class without_reopening {
public:
    without_reopening() {
        table_.openat = [](int, char const*, int, mode_t) {
            errno = EACCES;
            return -1;
        };
        weft::detail::installed_system.store(&table_);
    }
    ~without_reopening() { weft::detail::installed_system.store(&weft::detail::real_system); }
    without_reopening(without_reopening const&) = delete;

private:
    weft::detail::system_table table_;
};

}  // namespace

TEST_CASE("a shared pipe is read and written without blocking the worker or changing the pipe", "[streams]") {
    in_fibers([] {
        auto const p = blocking_pipe();
        check_reading(p.reads, p.writes);
        check_writing(p.writes, p.reads);
    });
}

TEST_CASE("the same where the pipe cannot be opened once more", "[streams]") {
    without_reopening const forbidden;
    in_fibers([] {
        auto const p = blocking_pipe();
        check_reading(p.reads, p.writes);
        check_writing(p.writes, p.reads);
    });
}

TEST_CASE("a shared socket is read and written without blocking the worker or changing the socket", "[streams]") {
    in_fibers([] {
        auto const s = blocking_sockets();
        check_reading(s.reads, s.writes);
        check_writing(s.writes, s.reads);
    });
}

TEST_CASE("streams over the same number may follow one another, and stand side by side", "[streams]") {
    in_fibers([] {
        auto const s = blocking_sockets();
        for (int i = 0; i != 3; ++i) check_reading(s.reads, s.writes);
        auto one = reader_of(s.reads);
        auto other = reader_of(s.reads);
        one.close();
        check_reading(s.reads, s.writes);
        auto reading = weft::spawn([&other] { return take(other); });
        until_parked(1);
        CHECK(::write(s.writes, "late", 4) == 4);
        CHECK(reading.join() == "late");
    });
}

TEST_CASE("a terminal is read without blocking the worker or changing its settings", "[streams]") {
    in_fibers([] {
        auto const t = terminal();
        check_reading(t.reads, t.writes);
        auto to = writer_of(t.reads);
        CHECK(to.write_all(weft::as_bytes("prompt")) == 6);
        std::string shown;
        for (char part[64]; shown.find("prompt") == shown.npos;) {
            ssize_t const n = ::read(t.writes, part, sizeof part);  // first what the terminal has echoed
            if (n <= 0) break;
            shown.append(part, static_cast<std::size_t>(n));
        }
        CHECK(shown.ends_with("prompt"));
        CHECK(blocks(t.reads));
        // The controlling side: opened once more it would be another terminal.
        auto control = reader_of(t.writes);
        to.write_all(weft::as_bytes("again"));
        CHECK(take(control) == "again");
    });
}

TEST_CASE("the same where the terminal cannot be opened once more", "[streams]") {
    in_fibers([] {
        auto const t = terminal();
        without_reopening const forbidden;
        check_reading(t.reads, t.writes);
        auto to = writer_of(t.reads);
        CHECK(to.write_all(weft::as_bytes("prompt")) == 6);
    });
}

// As a shell's child may leave it: then a full terminal says so, instead of letting the helper thread wait.
TEST_CASE("a terminal that others have set not to block takes all that is written", "[streams][bug]") {
    in_fibers([] {
        auto const t = terminal();
        REQUIRE(::fcntl(t.reads, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
        without_reopening const forbidden;
        auto to = writer_of(t.reads);
        std::string const sent(100'000, 'x');
        auto writing = weft::spawn([&] { return to.write_all(weft::as_bytes(sent)); });
        std::size_t const shown = weft::blocking([&] {
            std::size_t all = 0;
            for (char part[4096]; all < sent.size();) {
                ssize_t const n = ::read(t.writes, part, sizeof part);
                if (n <= 0) break;
                all += static_cast<std::size_t>(n);
            }
            return all;
        });
        CHECK(shown == sent.size());
        CHECK(writing.join() == sent.size());
    });
}

TEST_CASE("a file is read and written by helper threads, at the position that all share", "[streams]") {
    in_fibers([] {
        char name[] = "/tmp/weft-streams-XXXXXX";
        number const file(::mkstemp(name));
        ::unlink(name);
        {
            auto to = writer_of(file);
            CHECK(to.write_all(weft::as_bytes("first\nsecond\n")) == 13);
        }
        CHECK(::write(file, "third\n", 6) == 6);
        ::lseek(file, 6, SEEK_SET);
        auto from = reader_of(file);
        CHECK(take(from) == "second\nthird\n");
        CHECK(take(from).empty());
        from.set_deadline(past());
        std::byte byte[1];
        std::error_code ec;
        from.read_some(byte, ec);
        CHECK(ec == std::errc::timed_out);
        from.close();
        from.read_some(byte, ec);
        CHECK(ec == std::errc::operation_canceled);
        CHECK_THROWS_AS(from.read_some(byte), std::system_error);  // the stream was closed, the fiber not cancelled
        CHECK(::fcntl(file, F_GETFD) >= 0);
    });
}

TEST_CASE("reading a file in a cancelled fiber throws, and reports in the other form", "[streams]") {
    in_fibers([] {
        number const file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
        auto from = reader_of(file);
        auto reading = weft::spawn([&from] { return take(from).size(); });
        reading.cancel();
        CHECK_THROWS_AS(reading.join(), weft::cancelled);
        CHECK_FALSE(take(from).empty());
        weft::with_deadline(past(), [&] {
            std::byte byte[1];
            std::error_code ec;
            from.read_some(byte, ec);
            CHECK(ec == std::errc::timed_out);
        });
    });
}

TEST_CASE("devices without readiness, and numbers that are not open, are streams, too", "[streams]") {
    in_fibers([] {
        number const null(::open("/dev/null", O_RDWR | O_CLOEXEC));
        auto from = reader_of(null);
        CHECK(take(from).empty());
        auto to = writer_of(null);
        CHECK(to.write_all(weft::as_bytes("away")) == 4);
        number const reads(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        CHECK(weft::detail::open_shared(reads, direction::write) == nullptr);
        CHECK(weft::detail::open_shared(1'000'000, direction::read) == nullptr);
        weft::pipe_reader none;
        std::error_code ec;
        std::byte byte[1];
        none.read_some(byte, ec);
        CHECK(ec == std::errc::bad_file_descriptor);
    });
}

namespace {

// Copies its input to its output, and says something at the end.
child const copies{"streams: copy", [] {
                       weft::run([] {
                           auto in = weft::std_in();
                           auto out = weft::std_out();
                           for (std::string part; part = take(in), !part.empty();) out.write_all(weft::as_bytes(part));
                           weft::std_err().write_all(weft::as_bytes("done"));
                       });
                       return 0;
                   }};

child const waits_for_input{"streams: cancelled", [] {
                                weft::run([] {
                                    auto in = weft::std_in();
                                    auto reading = weft::spawn([&in] { take(in); });
                                    until_parked(1);
                                    reading.cancel();
                                    try {
                                        reading.join();
                                    } catch (weft::cancelled const&) {
                                        weft::std_out().write_all(weft::as_bytes("cancelled"));
                                    }
                                });
                                return 0;
                            }};

std::vector<std::string> this_program(std::string const& child) { return {"/proc/self/exe", "--child", child}; }

}  // namespace

TEST_CASE("a filter: standard input to standard output", "[streams]") {
    in_fibers([] {
        std::string const sent = pattern(1'000'000);
        auto const result = weft::run_process(this_program("streams: copy"), sent);
        CHECK((result.out == sent));
        CHECK(result.err == "done");
        CHECK(result.status.success());
        CHECK(weft::run_process(this_program("streams: copy")).err == "done");
    });
}

TEST_CASE("waiting for standard input can be cancelled", "[streams]") {
    in_fibers([] {
        weft::process child(this_program("streams: cancelled"),
                            {.in = weft::stdio::pipe(), .out = weft::stdio::pipe()});
        CHECK(take(child.output()) == "cancelled");
        CHECK(child.wait().success());
    });
}

TEST_CASE("standard streams are opened by a fiber", "[streams]") {
    CHECK_THROWS_AS(weft::std_in(), weft::runtime_stopped);
}
