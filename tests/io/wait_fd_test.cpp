// Descriptors that belong to somebody else.

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>
#include <weft/wait_fd.hpp>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;

namespace {

constexpr auto never = weft::clock::time_point::max();

/// Two connected non-blocking sockets that weft knows nothing of.
class raw_pair {
public:
    raw_pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_) == 0); }
    ~raw_pair() {
        for (int const fd : ends_) ::close(fd);
    }
    raw_pair(raw_pair const&) = delete;

    int near() const { return ends_[0]; }
    int far() const { return ends_[1]; }
    void close_far() { ::close(std::exchange(ends_[1], -1)); }
    void fill() const {
        char const chunk[4096] = {};
        while (::write(near(), chunk, sizeof chunk) > 0) {}
    }
    void drain() const {
        char chunk[4096];
        while (::read(far(), chunk, sizeof chunk) > 0) {}
    }

private:
    int ends_[2];
};

void put(int fd) { (void)!::write(fd, "x", 1); }

std::error_code error_of(int fd, weft::readiness what, weft::clock::time_point deadline = never) {
    std::error_code ec;
    weft::wait_fd(fd, what, deadline, ec);
    return ec;
}

}  // namespace

TEST_CASE("a fiber waits for a descriptor that weft does not own", "[wait_fd]") {
    in_fibers([] {
        raw_pair const pair;
        CHECK(weft::wait_fd(pair.near(), weft::writable) == weft::writable);
        CHECK(weft::wait_fd(pair.near(), weft::readable | weft::writable) == weft::writable);
        for (int round = 0; round != 10; ++round) {
            auto reader = weft::spawn([&] { return weft::wait_fd(pair.near(), weft::readable); });
            until_parked(1);
            put(pair.far());
            CHECK(reader.join() == weft::readable);
            CHECK(weft::wait_fd(pair.near(), weft::readable | weft::writable) == (weft::readable | weft::writable));
            char byte;
            CHECK(::read(pair.near(), &byte, 1) == 1);
        }
        pair.fill();
        auto writer = weft::spawn([&] { return weft::wait_fd(pair.near(), weft::writable); });
        auto either = weft::spawn([&] { return weft::wait_fd(pair.near(), weft::readable | weft::writable); });
        until_parked(2);
        pair.drain();
        CHECK(writer.join() == weft::writable);
        CHECK(either.join() == weft::writable);
    });
}

TEST_CASE("any number of fibers wait for one number, in both directions", "[wait_fd]") {
    in_fibers([] {
        raw_pair const pair;
        std::size_t const before = descriptors_in_use();
        for (int round = 0; round != 5; ++round) {
            pair.fill();
            std::vector<weft::fiber<weft::readiness>> readers, writers;
            for (int i = 0; i != 8; ++i) {
                readers.push_back(weft::spawn([&] { return weft::wait_fd(pair.near(), weft::readable); }));
                writers.push_back(weft::spawn([&] { return weft::wait_fd(pair.near(), weft::writable); }));
            }
            until_parked(16);
            pair.drain();
            for (auto& f : writers) CHECK(f.join() == weft::writable);
            let_others_run();
            CHECK(weft::detail::parked_fibers() == 8);
            put(pair.far());
            for (auto& f : readers) CHECK(f.join() == weft::readable);
            char byte;
            CHECK(::read(pair.near(), &byte, 1) == 1);
        }
        CHECK(descriptors_in_use() == before);
    });
}

TEST_CASE("the end and a peer that is gone make a descriptor ready", "[wait_fd]") {
    in_fibers([] {
        raw_pair pair;
        auto reader = weft::spawn([&] { return weft::wait_fd(pair.near(), weft::readable); });
        until_parked(1);
        pair.close_far();
        CHECK(reader.join() == weft::readable);
        CHECK(weft::wait_fd(pair.near(), weft::readable | weft::writable) == (weft::readable | weft::writable));
    });
}

TEST_CASE("a wait for a descriptor ends at its deadline", "[wait_fd][C49]") {
    in_fibers([] {
        raw_pair const pair;
        CHECK(error_of(pair.near(), weft::readable, past()) == std::errc::timed_out);
        auto const deadline = weft::clock::now() + 3ms;
        CHECK(error_of(pair.near(), weft::readable, deadline) == std::errc::timed_out);
        CHECK(weft::clock::now() >= deadline);
        put(pair.far());
        CHECK(error_of(pair.near(), weft::readable, past()) == std::error_code());  // ready comes first
        CHECK_THROWS_AS(weft::wait_fd(pair.far(), weft::readable, past()), std::system_error);
        weft::fd_watch watch(pair.far());
        std::error_code ec;
        CHECK(watch.wait(weft::readable, weft::clock::now() + 1ms, ec) == weft::readiness{});
        CHECK(ec == std::errc::timed_out);
    });
}

TEST_CASE("a cancelled fiber no longer waits for a descriptor", "[wait_fd][C54]") {
    in_fibers([] {
        raw_pair const pair;
        std::size_t const before = descriptors_in_use();
        for (bool const throws : {true, false}) {
            auto waiter = weft::spawn([&, throws] {
                if (!throws) return error_of(pair.near(), weft::readable);
                weft::wait_fd(pair.near(), weft::readable);
                return std::error_code();
            });
            until_parked(1);
            waiter.cancel();
            if (throws)
                CHECK_THROWS_AS(waiter.join(), weft::cancelled);
            else
                CHECK(waiter.join() == std::errc::operation_canceled);
        }
        std::error_code ec;
        weft::with_timeout(2ms, [&] { weft::wait_fd(pair.near(), weft::readable, never, ec); });
        CHECK(ec == std::errc::timed_out);
        CHECK(descriptors_in_use() == before);
    });
}

TEST_CASE("descriptors without readiness are always ready", "[wait_fd]") {
    in_fibers([] {
        int const file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        CHECK(weft::wait_fd(file, weft::readable) == weft::readable);
        weft::fd_watch watch(file);
        for (int i = 0; i != 3; ++i)
            CHECK(watch.wait(weft::readable | weft::writable) == (weft::readable | weft::writable));
        CHECK(weft::select(weft::on_readable(watch), weft::otherwise()) == 0);
        watch.close();
        std::error_code ec;
        watch.wait(weft::readable, never, ec);
        CHECK(ec == std::errc::operation_canceled);
        ::close(file);
    });
}

TEST_CASE("waiting for what is no descriptor, or for nothing, is an error", "[wait_fd]") {
    in_fibers([] {
        raw_pair const pair;
        CHECK(error_of(-1, weft::readable) == std::errc::bad_file_descriptor);
        CHECK(error_of(1 << 20, weft::readable) == std::errc::bad_file_descriptor);
        CHECK(error_of(pair.near(), weft::readiness{}) == std::errc::invalid_argument);
        CHECK_THROWS_AS(weft::fd_watch(-1), std::system_error);
        weft::fd_watch nothing;
        std::error_code ec;
        nothing.wait(weft::readable, never, ec);
        CHECK(ec == std::errc::bad_file_descriptor);
        CHECK_THROWS_AS(nothing.wait(weft::readable), std::system_error);
        CHECK_FALSE(nothing.is_open());
        nothing.close();
    });
    std::error_code ec;
    weft::wait_fd(-1, weft::readable, never, ec);
    CHECK(ec == std::errc::bad_file_descriptor);
}

TEST_CASE("a plain thread blocks in wait_fd", "[wait_fd]") {
    raw_pair const pair;
    auto const deadline = weft::clock::now() + 3ms;
    std::error_code ec;
    weft::wait_fd(pair.near(), weft::readable, deadline, ec);
    CHECK(ec == std::errc::timed_out);
    CHECK(weft::clock::now() >= deadline);
    std::thread writer([&] { put(pair.far()); });
    CHECK(weft::wait_fd(pair.near(), weft::readable) == weft::readable);
    writer.join();
    CHECK_THROWS_AS(weft::fd_watch(pair.near()), weft::runtime_stopped);
}

TEST_CASE("a watch is registered once and waited for often, by several and in select", "[wait_fd][select]") {
    in_fibers([] {
        int const counter = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        weft::fd_watch watch(counter);
        CHECK(watch.is_open());
        auto const channel = weft::make_chan<int>();
        for (int round = 0; round != 20; ++round) {
            auto first = weft::spawn([&] { return watch.wait(weft::readable); });
            auto second = weft::spawn([&] { return watch.wait(weft::readable); });
            auto third = weft::spawn([&] {
                std::optional<int> none;
                return weft::select(weft::on_recv(channel, none), weft::on_readable(watch));
            });
            until_parked(3);
            std::uint64_t value = 1;
            CHECK(::write(counter, &value, sizeof value) == sizeof value);
            CHECK(first.join() == weft::readable);
            CHECK(second.join() == weft::readable);
            CHECK(third.join() == 1);
            CHECK(::read(counter, &value, sizeof value) == sizeof value);
            CHECK(weft::select(weft::on_readable(watch), weft::otherwise()) == 1);
        }
        ::close(counter);
    });
}

TEST_CASE("closing a watch wakes whoever waits and leaves the caller's number open", "[wait_fd][C50]") {
    in_fibers([] {
        raw_pair const pair;
        weft::fd_watch watch(pair.near());
        std::vector<weft::fiber<std::error_code>> waiting;
        for (int i = 0; i != 3; ++i)
            waiting.push_back(weft::spawn([&watch] {
                std::error_code ec;
                watch.wait(weft::readable, never, ec);
                return ec;
            }));
        auto selecting = weft::spawn([&watch] { return weft::select(weft::on_readable(watch)); });
        until_parked(4);
        watch.close();
        for (auto& f : waiting) CHECK(f.join() == std::errc::operation_canceled);
        CHECK(selecting.join() == 0);
        CHECK_FALSE(watch.is_open());
        CHECK(::fcntl(pair.near(), F_GETFD) >= 0);
        watch = weft::fd_watch(pair.near());
        weft::fd_watch const moved = std::move(watch);
        CHECK(moved.is_open());
    });
}

// The number is the caller's to close, the open file is the wait's until it ends.
TEST_CASE("a wait goes on when the caller closes its number, and is not misled by a reuse of it",
          "[wait_fd][C50][bug]") {
    in_fibers([] {
        for (int round = 0; round != sized(50, 20, 10); ++round) {
            raw_pair const pair;
            int const number = ::dup(pair.near());
            auto waiter = weft::spawn([number] { return weft::wait_fd(number, weft::readable); });
            until_parked(1);
            raw_pair const other;
            CHECK(::dup3(other.near(), number, O_CLOEXEC) == number);  // closed and taken at once
            put(other.far());
            let_others_run();
            CHECK(weft::detail::parked_fibers() == 1);
            put(pair.far());
            CHECK(waiter.join() == weft::readable);
            ::close(number);
        }
    });
}

// Closing a copy does not end epoll's interest while the original lives: without an explicit removal events would come for
// ever, each a wake-up of the worker.
TEST_CASE("nothing stays registered for a descriptor that outlives the wait", "[wait_fd][bug]") {
    in_fibers([] {
        raw_pair const pair;
        for (int round = 0; round != 100; ++round) {
            std::error_code ec;
            weft::wait_fd(pair.near(), weft::readable, weft::clock::now() + 100us, ec);
            CHECK(ec == std::errc::timed_out);
        }
        for (int fd = 0; fd != 1024; ++fd) {
            std::string path = "/proc/self/fdinfo/" + std::to_string(fd), text(64 * 1024, '\0');
            int const about = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
            if (about < 0) continue;
            text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(about, text.data(), text.size()))));
            ::close(about);
            std::size_t watched = 0;
            for (std::size_t at = 0; (at = text.find("tfd:", at)) != text.npos; ++at) ++watched;
            INFO(text);
            CHECK(watched <= 2);  // the interrupts of a worker
        }
    });
}

TEST_CASE("a watch outlives its runtime, closed to waiting", "[wait_fd]") {
    weft::fd_watch kept;
    raw_pair const pair;
    with_workers([&](weft::runtime_options options) {
        weft::run([&] { kept = weft::fd_watch(pair.near()); }, options);
        std::error_code ec;
        CHECK(kept.wait(weft::writable) == weft::writable);
        kept.wait(weft::readable, never, ec);
        CHECK(ec == std::errc::operation_canceled);
        kept = {};
    });
}
