// Files while something else happens to them: cancelled, closed, locked, interrupted, short.

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>
#include <weft/file.hpp>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "scratch.hpp"
#include "sockets.hpp"
#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace fs = weft::fs;

namespace {

/// Reads wait in the system until the test lets them go on.
weft::detail::system_table slow_reads() {
    auto table = weft::detail::real_system;
    table.preadv2 = nothing_cached;
    table.pread = [](int fd, void* to, std::size_t n, off_t at) {
        held_call::pass();
        return ::pread(fd, to, n, at);
    };
    table.read = [](int fd, void* to, std::size_t n) {
        if (n != pollers_bytes) held_call::pass();
        return ::read(fd, to, n);
    };
    return table;
}

std::atomic<unsigned> turn{0};

bool interrupted() {
    if (++turn % 2 == 0) return false;
    errno = EINTR;
    return true;
}

/// Every other call is interrupted, and those that are not move one byte.
weft::detail::system_table stuttering() {
    auto table = weft::detail::real_system;
    table.preadv2 = [](int fd, iovec const* parts, int, off_t at, int flags) -> ssize_t {
        if (++turn % 3 != 0) {
            errno = turn % 3 == 1 ? EINTR : EAGAIN;
            return -1;
        }
        iovec const one{parts->iov_base, 1};
        return ::preadv2(fd, &one, 1, at, flags);
    };
    table.pread = [](int fd, void* to, std::size_t, off_t at) { return interrupted() ? -1 : ::pread(fd, to, 1, at); };
    table.read = [](int fd, void* to, std::size_t n) {
        return interrupted() ? -1 : ::read(fd, to, n == pollers_bytes ? n : 1);
    };
    table.pwrite = [](int fd, void const* from, std::size_t, off_t at) {
        return interrupted() ? -1 : ::pwrite(fd, from, 1, at);
    };
    table.write = [](int fd, void const* from, std::size_t n) {
        return interrupted() ? -1 : ::write(fd, from, n == pollers_bytes ? n : 1);
    };
    table.openat = [](int d, char const* p, int f, mode_t m) { return interrupted() ? -1 : ::openat(d, p, f, m); };
    table.fsync = [](int fd) { return interrupted() ? -1 : ::fsync(fd); };
    table.ftruncate = [](int fd, off_t size) { return interrupted() ? -1 : ::ftruncate(fd, size); };
    table.flock = [](int fd, int how) { return interrupted() ? -1 : ::flock(fd, how); };
    // As Linux does: interrupted, and closed all the same.
    table.close = [](int fd) {
        ::close(fd);
        errno = EINTR;
        return -1;
    };
    return table;
}

/// Locks the file that the environment names, if it is free.
child const locks_elsewhere{"lock a file", [] {
                                auto f = fs::open(std::getenv("WEFT_TEST_FILE"));
                                return f.try_lock() ? 1 : 0;
                            }};

bool is_locked_for_others(std::string const& path) {
    return weft::blocking([&] { return locks_elsewhere.run({"WEFT_TEST_FILE=" + path}).exit_status == 0; });
}

}  // namespace

TEST_CASE("a read that has begun is finished, whoever is cancelled", "[fs][file][cancel][C54]") {
    installed_system const slow(slow_reads());
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "f", "hello");
        auto f = fs::open(dir / "f");
        std::string text(5, '\0');
        bool cancelled_later = false;
        auto reader = weft::spawn([&] {
            std::size_t const got = f.read_at(writable(text), 0);
            cancelled_later = ends_cancelled([] { weft::this_fiber::yield(); });
            return got;
        });
        yield_until(held_call::take_arrival);
        reader.cancel();
        let_others_run();
        CHECK(text == std::string(5, '\0'));
        held_call::let_go_on();
        CHECK(reader.join() == 5);
        CHECK(text == "hello");
        CHECK(cancelled_later);
    });
}

TEST_CASE("what has not begun is cancelled, and has not happened", "[fs][file][cancel][C54]") {
    in_fibers([] {
        scratch dir;
        auto f = fs::create(dir / "f");
        auto writer = weft::spawn([&] {
            std::error_code ec;
            ends_cancelled([] { weft::chan<int>().recv(); });
            f.write_all(weft::as_bytes("x"), ec);
            bool const refused = ec == std::errc::operation_canceled;
            return refused && ends_cancelled([&] { f.write_at(weft::as_bytes("x"), 0); }) &&
                   ends_cancelled([&] { fs::create(dir / "g"); });
        });
        until_parked(1);
        writer.cancel();
        CHECK(writer.join());
        CHECK(f.size() == 0);
        CHECK_FALSE(fs::exists(dir / "g"));
    });
}

TEST_CASE("a deadline of the context ends what has not begun", "[fs][file][cancel]") {
    in_fibers([] {
        scratch dir;
        auto f = fs::create(dir / "f");
        weft::with_deadline(past(), [&] {
            std::error_code ec;
            f.write_at(weft::as_bytes("x"), 0, ec);
            CHECK(ec == std::errc::timed_out);
        });
        CHECK(f.size() == 0);
    });
}

TEST_CASE("close waits for the calls in progress, and refuses those in line", "[fs][file][C50]") {
    installed_system const slow(slow_reads());
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "f", "hello");
        auto f = fs::open(dir / "f");
        int const number = f.native_handle();
        std::string text(5, '\0');
        auto reader = weft::spawn([&] { return f.read_some(writable(text)); });
        yield_until(held_call::take_arrival);
        auto in_line = weft::spawn([&] {
            std::byte byte[1];
            return thrown_by([&] { f.read_some(byte); });
        });
        until_parked(2);
        std::atomic<bool> closed{false};
        auto closer = weft::spawn([&] {
            f.close();
            closed = true;
        });
        yield_until([&] { return !f.is_open(); });
        let_others_run();
        CHECK_FALSE(closed);
        CHECK(::fcntl(number, F_GETFD) >= 0);
        held_call::let_go_on();
        closer.join();
        CHECK(reader.join() == 5);
        CHECK(in_line.join() == std::errc::operation_canceled);
        CHECK(text == "hello");
        CHECK_FALSE(f.is_open());
    });
}

TEST_CASE("closing races with reading, and no descriptor is mistaken for another", "[fs][file][C50]") {
    int const rounds = sized(300, 200, 50);
    in_fibers([&] {
        scratch dir;
        fs::write_file(dir / "a", std::string(4096, 'a'));
        fs::write_file(dir / "b", std::string(4096, 'b'));
        int wrong = 0;
        for (int i = 0; i != rounds; ++i) {
            auto a = fs::open(dir / "a");
            std::vector<weft::fiber<bool>> readers;
            for (int r = 0; r != 3; ++r)
                readers.push_back(weft::spawn([&] {
                    std::string text(4096, '\0');
                    std::error_code ec;
                    do {
                        text.assign(4096, '\0');
                        text.resize(a.read_at(writable(text), 0, ec));
                        if (text.find('b') != std::string::npos) return false;
                        weft::this_fiber::yield();
                    } while (!ec);
                    return ec == std::errc::operation_canceled;
                }));
            weft::this_fiber::yield();
            a.close();
            auto b = fs::open(dir / "b");  // most likely the same number
            for (auto& r : readers) wrong += r.join() ? 0 : 1;
        }
        CHECK(wrong == 0);
    });
}

TEST_CASE("interrupted calls and short transfers lose and double no byte", "[fs][file][C53]") {
    std::string const content = pattern(sized(2'000, 1'000, 300));
    installed_system const odd(stuttering());
    in_fibers([&] {
        scratch dir;
        auto f = fs::create(dir / "f");
        CHECK(f.write_all(weft::as_bytes(content)) == content.size());
        CHECK(f.write_at(weft::as_bytes("#"), 5) == 1);
        CHECK(f.write_some(weft::as_bytes("tail")) == 1);
        f.sync();
        std::string expected = content + "t";
        expected[5] = '#';
        std::string text(2 * content.size(), '\0');
        f.seek(0);
        CHECK(f.read_exact(writable(text)) == expected.size());
        CHECK(text.substr(0, expected.size()) == expected);
        CHECK(f.read_at(writable(text), 5) == expected.size() - 5);
        CHECK(text.substr(0, expected.size() - 5) == expected.substr(5));
        CHECK(fs::read_file(dir / "f") == expected);
        f.truncate(3);
        f.lock();
        f.unlock();
        fs::write_file(dir / "f", content);
        CHECK(fs::read_file(dir / "f") == content);
    });
}

TEST_CASE("a file system that cannot tell what is cached is read all the same", "[fs][file][C53]") {
    static std::atomic<int> asked{0};
    for (int const refusal : {EOPNOTSUPP, ENOSYS, EINVAL}) {
        static std::atomic<int> refused_with{0};
        refused_with = refusal;
        auto table = weft::detail::real_system;
        table.preadv2 = [](int, iovec const*, int, off_t, int) -> ssize_t {
            ++asked;
            errno = refused_with;
            return -1;
        };
        scratch dir;
        fs::write_file(dir / "f", "hello");
        installed_system const old(table);
        in_fibers([&] {
            auto f = fs::open(dir / "f");
            asked = 0;
            std::string text(5, '\0');
            for (int i = 0; i != 3; ++i) CHECK(f.read_at(writable(text), 0) == 5);
            CHECK(text == "hello");
            CHECK(asked == 1);
        });
    }
}

TEST_CASE("files out of descriptors are refused", "[fs][file][C53]") {
    auto table = weft::detail::real_system;
    table.openat = [](int, char const*, int, mode_t) {
        errno = EMFILE;
        return -1;
    };
    scratch dir;
    installed_system const full(table);
    in_fibers([&] {
        std::error_code ec;
        CHECK_FALSE(fs::create(dir / "f", ec).is_open());
        CHECK(ec == std::errc::too_many_files_open);
        CHECK(thrown_by([&] { fs::read_file("/dev/null"); }) == std::errc::too_many_files_open);
    });
}

TEST_CASE("a lock keeps the other open files out, in this process and in others", "[fs][lock]") {
    in_fibers([] {
        scratch dir;
        std::string const path = dir / "f";
        auto one = fs::create(path);
        auto two = fs::open(path);
        {
            std::unique_lock const locked(one);
            CHECK_FALSE(two.try_lock());
            CHECK_FALSE(two.try_lock_shared());
            CHECK_FALSE(two.try_lock_for(3ms));
            CHECK(is_locked_for_others(path));
        }
        CHECK_FALSE(is_locked_for_others(path));
        {
            std::shared_lock const mine(one);
            CHECK(two.try_lock_shared_for(1s));
            CHECK(is_locked_for_others(path));
            two.unlock_shared();
        }
        auto waiting = weft::spawn([&] { two.lock(); });
        waiting.join();
        two.close();   // gives the lock up
        two.unlock();  // as the end of a scope does
        CHECK(one.try_lock());
    });
}

TEST_CASE("waiting for a file's lock ends: with the lock, the deadline, a cancellation, the close", "[fs][lock]") {
    in_fibers([] {
        scratch dir;
        auto holder = fs::create(dir / "f");
        auto other = fs::open(dir / "f");
        holder.lock();
        CHECK_FALSE(other.try_lock_until(past()));

        auto cancelled = weft::spawn([&] { return ends_cancelled([&] { other.lock(); }); });
        until_parked(1);
        cancelled.cancel();
        CHECK(cancelled.join());

        auto closed = weft::spawn([&] { return thrown_by([&] { other.lock(); }); });
        until_parked(1);
        other.close();
        CHECK(closed.join() == std::errc::operation_canceled);

        auto third = fs::open(dir / "f");
        auto served = weft::spawn([&] { third.lock(); });
        until_parked(1);
        holder.unlock();
        served.join();
        CHECK_FALSE(holder.try_lock());
    });
}
