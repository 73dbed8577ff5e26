// Watching on a system that is slow, full, or tells things in an odd order.

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <weft/detail/poller.hpp>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/watch.hpp>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "scratch.hpp"
#include "support/fixture.hpp"
#include "watching.hpp"

using namespace weft_test;
namespace fs = weft::fs;

namespace {

std::atomic<int> closed_by_worker{0};

bool is_inotify(int fd) {
    std::error_code ec;
    auto const what = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ec);
    return what.string().find("inotify") != std::string::npos;
}

bool is_first_half(void const* events, ssize_t bytes) {
    std::uint32_t last = 0;
    for (ssize_t at = 0; at < bytes;) {
        auto const* const e = reinterpret_cast<inotify_event const*>(static_cast<std::byte const*>(events) + at);
        last = e->mask;
        at += static_cast<ssize_t>(sizeof *e + e->len);
    }
    return (last & IN_MOVED_FROM) != 0;
}

// With its name, whose place is 16 bytes at least.
constexpr std::size_t short_event = sizeof(inotify_event) + 16;

/// A system that is never slow between the halves of a rename: what is read does not end with the first one.
ssize_t read_whole_renames(int fd, void* to, std::size_t n) {
    if (n < 2 * short_event) return ::read(fd, to, n);
    ssize_t got = ::read(fd, to, n - short_event);
    while (got > 0 && is_first_half(to, got)) {
        pollfd about{fd, POLLIN, 0};
        ::poll(&about, 1, -1);
        ssize_t const other_half = ::read(fd, static_cast<std::byte*>(to) + got, short_event);
        if (other_half > 0) got += other_half;
    }
    return got;
}

int inotify_numbers() {
    int count = 0;
    for (int fd = 0; fd != 1024; ++fd) count += is_inotify(fd);
    return count;
}

std::atomic<bool> overflows{false};

ssize_t read_or_overflow(int fd, void* to, std::size_t n) {
    ssize_t const got = ::read(fd, to, n);
    if (got <= 0 || n < sizeof(inotify_event) || !overflows.exchange(false)) return got;
    *static_cast<inotify_event*>(to) = {-1, IN_Q_OVERFLOW, 0, 0};
    return sizeof(inotify_event);
}

}  // namespace

TEST_CASE("a rename is one also if somebody else changes something in the midst of it", "[fs][watch]") {
    static std::atomic<int> renamed_in{-1};  // the watch of whose directory
    auto table = weft::detail::real_system;
    table.read = [](int fd, void* to, std::size_t n) -> ssize_t {
        if (n < sizeof(inotify_event)) return ::read(fd, to, n);
        auto* const e = static_cast<inotify_event*>(to);
        if (int const watch = renamed_in.exchange(-1); watch != -1) {
            *e = {watch, IN_ATTRIB, 0, 0};
            return sizeof *e;
        }
        ssize_t const got = ::read(fd, to, short_event);  // a single one
        if (got > 0 && (e->mask & IN_MOVED_FROM) != 0) renamed_in = e->wd;
        return got;
    };
    installed_system const shared(table);
    in_fibers([] {
        scratch dir;
        fs::create_directory(dir / "a");
        fs::watcher w(dir.path());
        fs::rename(dir / "a", dir / "b");
        fs::write_file(dir / "b/f", "");
        fs::create_directory(dir / "mark");
        CHECK(events_until(w, dir.path(), "mark") == lines{"renamed a to b", "created b/f", "written b/f"});
    });
}

TEST_CASE("thousands of changes arrive, each once", "[fs][watch]") {
    // With all their changes fewer than the system keeps for a watcher that does not come to read them.
    int const files = sized(2'500, 1'500, 500);
    auto table = weft::detail::real_system;
    table.read = &read_whole_renames;
    installed_system const prompt(table);
    in_fibers([files] {
        scratch dir;
        fs::watcher w(dir.path());
        auto changer = weft::spawn([&] {
            for (int i = 0; i != files; ++i) {
                std::string const name = dir / std::to_string(i);
                weft::blocking([&] {
                    ::close(::creat(name.c_str(), 0600));
                    ::rename(name.c_str(), (name + ".new").c_str());
                    if (i % 2 == 0) ::unlink((name + ".new").c_str());
                });
            }
            fs::create_directory(dir / "mark");
        });
        std::map<std::string, int> seen;
        for (auto& line : events_until(w, dir.path(), "mark")) ++seen[line.substr(0, line.find(' '))];
        changer.join();
        CHECK(seen["created"] == files);
        CHECK(seen["written"] == files);
        CHECK(seen["renamed"] == files);
        CHECK(seen["removed"] == (files + 1) / 2);
        CHECK(seen["overflow"] == 0);
    });
}

TEST_CASE("an overflow is reported, and the watch goes on", "[fs][watch]") {
    auto table = weft::detail::real_system;
    table.read = &read_or_overflow;
    installed_system const small(table);
    in_fibers([] {
        scratch dir;
        fs::watcher w(dir.path());
        overflows = true;
        fs::create_directories(dir / "lost/below");
        CHECK(line_of(*w.next(), dir.path()) == "overflow .");
        fs::write_file(dir / "lost/below/f", "");
        fs::create_directory(dir / "mark");
        CHECK(events_until(w, dir.path(), "mark") == lines{"created lost/below/f", "written lost/below/f"});
    });
}

TEST_CASE("a root that cannot be watched any more after an overflow ends the watch", "[fs][watch]") {
    static std::atomic<bool> refuses{false};
    auto table = weft::detail::real_system;
    table.read = &read_or_overflow;
    table.inotify_add_watch = [](int fd, char const* path, std::uint32_t wanted) {
        if (!refuses) return ::inotify_add_watch(fd, path, wanted);
        errno = ENOSPC;
        return -1;
    };
    installed_system const tight(table);
    in_fibers([] {
        scratch dir;
        fs::watcher w(dir.path());
        overflows = refuses = true;
        fs::create_directory(dir / "lost");
        CHECK(line_of(*w.next(), dir.path()) == "overflow .");
        CHECK(thrown_by([&] { w.next(); }) == std::errc::no_space_on_device);
        refuses = false;
        CHECK_FALSE(w.next().has_value());
        CHECK_FALSE(w.is_open());
    });
}

TEST_CASE("the limits of the system are named", "[fs][watch]") {
    static std::atomic<int> watches_left{0};
    auto table = weft::detail::real_system;
    table.inotify_add_watch = [](int fd, char const* path, std::uint32_t wanted) {
        if (watches_left-- > 0) return ::inotify_add_watch(fd, path, wanted);
        errno = ENOSPC;
        return -1;
    };
    installed_system const tight(table);
    in_fibers([] {
        scratch dir;
        fs::create_directories(dir / "a/b");
        watches_left = 2;
        CHECK(message_of([&] { fs::watcher(dir.path()); }).find("fs.inotify.max_user_watches") != std::string::npos);
        watches_left = 3;
        fs::watcher w(dir.path());
        fs::create_directory(dir / "one too many");
        CHECK(line_of(*w.next(), dir.path()) == "created one too many");
        CHECK(thrown_by([&] { w.next(); }) == std::errc::no_space_on_device);
        fs::write_file(dir / "a/b/f", "");  // goes on without it
        CHECK(line_of(*w.next(), dir.path()) == "created a/b/f");
        std::error_code ec;
        fs::watcher none(dir / "nothing", {}, ec);
        CHECK(ec == std::errc::no_such_file_or_directory);
        CHECK_FALSE(none.next().has_value());
    });
}

TEST_CASE("no watcher without a descriptor for it", "[fs][watch]") {
    auto table = weft::detail::real_system;
    table.inotify_init1 = [](int) {
        errno = EMFILE;
        return -1;
    };
    installed_system const full(table);
    in_fibers([] {
        CHECK(message_of([] { fs::watcher("/tmp"); }).find("fs.inotify.max_user_instances") != std::string::npos);
    });
}

TEST_CASE("a watcher that the poller refuses is reported", "[fs][watch]") {
    static std::atomic<bool> refuses{false};
    auto table = weft::detail::real_system;
    table.epoll_ctl = [](int set, int operation, int fd, epoll_event* wanted) {
        if (operation != EPOLL_CTL_ADD || !refuses.exchange(false)) return ::epoll_ctl(set, operation, fd, wanted);
        errno = ENOSPC;
        return -1;
    };
    installed_system const full(table);
    in_fibers([] {
        scratch dir;
        refuses = true;
        std::error_code ec;
        fs::watcher w(dir.path(), {}, ec);
        bool const was_asked = !refuses.exchange(false);  // io_uring needs nobody's leave
        CHECK(was_asked == (ec == std::errc::no_space_on_device));
        CHECK(was_asked != w.is_open());
    });
}

TEST_CASE("ending a watch holds up nobody", "[fs][watch]") {
    // Which thread closes the last number is what counts: it waits for the kernel.
    auto table = weft::detail::real_system;
    table.close = [](int fd) {
        bool const by_worker = weft::detail::current_poller() != nullptr;
        if (is_inotify(fd) && by_worker && inotify_numbers() == 1) ++closed_by_worker;
        return ::close(fd);
    };
    installed_system const observed(table);
    in_fibers([] {
        scratch dir;
        closed_by_worker = 0;
        { fs::watcher const w(dir.path()); }
        fs::watcher w(dir.path());
        w.close();
        CHECK(closed_by_worker == 0);
        CHECK(inotify_numbers() == 0);
    });
}
