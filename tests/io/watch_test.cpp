// Watching files and trees.

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>
#include <weft/detail/poller.hpp>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/replacement.hpp>
#include <weft/watch.hpp>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "scratch.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace fs = weft::fs;
using fs::change;

namespace {

using lines = std::vector<std::string>;

/// "created d/f", without the root.
std::string line_of(fs::watch_event const& e, std::string const& root) {
    static std::map<change, char const*> const words{{change::created, "created"},  {change::modified, "modified"},
                                                     {change::written, "written"},  {change::attributes, "attributes"},
                                                     {change::removed, "removed"},  {change::renamed, "renamed"},
                                                     {change::overflow, "overflow"}};
    auto const short_form = [&](std::string const& path) {
        return path.size() > root.size() ? path.substr(root.size() + 1) : std::string(".");
    };
    std::string line = words.at(e.what);
    if (e.what == change::renamed) line += ' ' + short_form(e.old_path) + " to";
    return line + ' ' + short_form(e.path);
}

/// What has happened up to `mark`, which the caller makes last.
lines events_until(fs::watcher& w, std::string const& root, std::string const& mark) {
    lines all;
    while (auto event = w.next()) {
        std::string line = line_of(*event, root);
        if (line == "created " + mark) return all;
        // How many of these there are depends on who was faster.
        if (event->what != change::modified && event->what != change::attributes) all.push_back(std::move(line));
    }
    all.emplace_back("the end");
    return all;
}

lines rest_of(fs::watcher& w, std::string const& root) { return events_until(w, root, "no such mark"); }

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

}  // namespace

TEST_CASE("changes in a directory are reported in order", "[fs][watch]") {
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "old", "");
        fs::watcher w(dir.path());
        fs::write_file(dir / "f", "x");
        fs::rename(dir / "f", dir / "g");
        fs::remove(dir / "g");
        fs::create_directory(dir / "d");
        fs::remove(dir / "old");
        fs::create_directory(dir / "mark");
        CHECK(events_until(w, dir.path(), "mark") ==
              lines{"created f", "written f", "renamed f to g", "removed g", "created d", "removed old"});
    });
}

TEST_CASE("what is below a new directory is reported once, however early it is made", "[fs][watch]") {
    in_fibers([] {
        scratch dir;
        fs::create_directories(dir / "was/there");
        fs::watcher w(dir.path());
        std::multiset<std::string> expected;
        for (int i = 0; i != sized(50, 30, 10); ++i) {
            std::string const name = "d" + std::to_string(i);
            fs::create_directories(dir / (name + "/a/b"));
            fs::write_file(dir / (name + "/a/b/f"), "");
            for (char const* below : {"", "/a", "/a/b", "/a/b/f"}) expected.insert("created " + name + below);
        }
        fs::write_file(dir / "was/there/f", "");
        expected.insert("created was/there/f");
        // Only what was made before it is watched can be late.
        std::multiset<std::string> created;
        while (created.size() < expected.size()) {
            auto const event = w.next();
            if (event->what == change::created) created.insert(line_of(*event, dir.path()));
        }
        CHECK(created == expected);
        fs::create_directory(dir / "mark");
        lines const after = events_until(w, dir.path(), "mark");
        CHECK(std::none_of(after.begin(), after.end(), [](auto const& l) { return l.starts_with("created"); }));
    });
}

TEST_CASE("a directory that is renamed is followed, one that is moved out is not", "[fs][watch]") {
    in_fibers([] {
        scratch dir, elsewhere;
        fs::create_directories(dir / "a/b");
        fs::create_directories(elsewhere / "in/side");
        fs::watcher w(dir.path());
        fs::rename(dir / "a", dir / "c");
        fs::write_file(dir / "c/b/f", "");
        fs::create_directory(dir / "one");
        CHECK(events_until(w, dir.path(), "one") == lines{"renamed a to c", "created c/b/f", "written c/b/f"});
        fs::rename(dir / "c", elsewhere / "c");
        CHECK(line_of(*w.next(), dir.path()) == "removed c");
        fs::write_file(elsewhere / "c/b/g", "");
        fs::rename(elsewhere / "in", dir / "in");
        CHECK(line_of(*w.next(), dir.path()) == "created in");
        CHECK(line_of(*w.next(), dir.path()) == "created in/side");
        fs::write_file(dir / "in/side/f", "");
        fs::create_directory(dir / "two");
        CHECK(events_until(w, dir.path(), "two") == lines{"created in/side/f", "written in/side/f"});
    });
}

TEST_CASE("what moves out is reported also while there is never a quiet moment", "[fs][watch]") {
    in_fibers([] {
        scratch dir, elsewhere;
        fs::write_file(dir / "f", "");
        fs::write_file(dir / "busy", "");
        fs::watcher w(dir.path());
        std::atomic<bool> seen{false};
        auto changer = weft::spawn([&] {
            auto busy = fs::create(dir / "busy");
            fs::rename(dir / "f", elsewhere / "f");
            while (!seen) busy.write_at(weft::as_bytes("x"), 0);
        });
        while (line_of(*w.next(), dir.path()) != "removed f") {}
        seen = true;
        changer.join();
        CHECK(fs::exists(elsewhere / "f"));
    });
}

TEST_CASE("a directory that is made anew is watched, also while somebody is still in the old one", "[fs][watch]") {
    in_fibers([] {
        scratch dir;
        fs::create_directory(dir / "d");
        fs::watcher w(dir.path());
        fs::directory const shell(dir / "d");  // whose working directory it was
        fs::remove(dir / "d");
        fs::create_directories(dir / "d/e");
        fs::create_directory(dir / "one");
        CHECK(events_until(w, dir.path(), "one") == lines{"removed d", "created d", "created d/e"});
        fs::write_file(dir / "d/e/f", "");
        fs::create_directory(dir / "two");
        CHECK(events_until(w, dir.path(), "two") == lines{"created d/e/f", "written d/e/f"});
    });
}

TEST_CASE("a directory that comes in place of another one is watched", "[fs][watch]") {
    in_fibers([] {
        scratch dir, elsewhere;
        fs::create_directory(dir / "d");
        fs::create_directories(elsewhere / "d/e");
        fs::watcher w(dir.path());
        fs::rename(elsewhere / "d", dir / "d");
        fs::create_directory(dir / "one");
        CHECK(events_until(w, dir.path(), "one") == lines{"created d", "created d/e"});
        fs::write_file(dir / "d/e/f", "");
        fs::create_directory(dir / "two");
        CHECK(events_until(w, dir.path(), "two") == lines{"created d/e/f", "written d/e/f"});
    });
}

TEST_CASE("what takes the place of something that has left was renamed", "[fs][watch]") {
    in_fibers([] {
        scratch dir, elsewhere;
        fs::create_directory(dir / "a");
        fs::create_directory(dir / "c");
        fs::watcher w(dir.path());
        fs::rename(dir / "a", elsewhere / "a");
        fs::rename(dir / "c", dir / "a");
        fs::write_file(dir / "a/f", "");
        fs::create_directory(dir / "mark");
        CHECK(events_until(w, dir.path(), "mark") ==
              lines{"removed a", "renamed c to a", "created a/f", "written a/f"});
    });
}

TEST_CASE("what was found by looking may be replaced later, which is reported", "[fs][watch]") {
    in_fibers([] {
        scratch dir, elsewhere;
        fs::create_directory(elsewhere / "in");
        fs::write_file(elsewhere / "in/f", "old");
        fs::watcher w(dir.path());
        fs::rename(elsewhere / "in", dir / "in");
        CHECK(line_of(*w.next(), dir.path()) == "created in");
        CHECK(line_of(*w.next(), dir.path()) == "created in/f");
        CHECK_FALSE(w.try_next().has_value());
        fs::write_file(elsewhere / "f", "new");
        fs::rename(elsewhere / "f", dir / "in/f");
        fs::create_directory(dir / "mark");
        CHECK(events_until(w, dir.path(), "mark") == lines{"created in/f"});
    });
}

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

TEST_CASE("a watch that is not recursive looks at one directory only", "[fs][watch]") {
    in_fibers([] {
        scratch dir;
        fs::create_directory(dir / "d");
        fs::watcher w(dir.path(), {.recursive = false});
        fs::write_file(dir / "d/f", "");
        fs::create_directories(dir / "e/f");
        fs::create_directory(dir / "mark");
        CHECK(events_until(w, dir.path(), "mark") == lines{"created e"});
    });
}

TEST_CASE("the removal of the root ends the watch", "[fs][watch]") {
    in_fibers([] {
        scratch dir;
        fs::create_directories(dir / "root/d");
        fs::watcher w(dir / "root");
        fs::remove_all(dir / "root");
        CHECK(rest_of(w, dir / "root") == lines{"removed d", "removed .", "the end"});
        CHECK_FALSE(w.is_open());
        CHECK_FALSE(w.next().has_value());

        fs::create_directory(dir / "other");
        fs::watcher moved(dir / "other");
        fs::rename(dir / "other", dir / "moved");
        CHECK(rest_of(moved, dir / "other") == lines{"removed .", "the end"});

        // What went before the root has gone, too.
        fs::create_directories(dir / "last/d");
        fs::watcher left(dir / "last");
        fs::rename(dir / "last/d", dir / "elsewhere");
        fs::remove(dir / "last");
        CHECK(rest_of(left, dir / "last") == lines{"removed d", "removed .", "the end"});
    });
}

TEST_CASE("a file is watched by its name", "[fs][watch]") {
    in_fibers([] {
        scratch dir;
        fs::create_directory(dir / "d");
        fs::write_file(dir / "d/f", "one");
        fs::watcher w(dir / "d/f");
        fs::write_file(dir / "d/g", "");
        fs::write_file(dir / "d/f", "two");
        fs::write_file_atomically(dir / "d/f", "three");
        fs::rename(dir / "d/f", dir / "d/h");
        fs::remove(dir / "d/h");
        fs::write_file(dir / "d/f", "four");
        fs::remove_all(dir / "d");
        CHECK(rest_of(w, dir / "d/f") == lines{"written .", "created .", "written .", "removed .", "created .",
                                               "written .", "removed .", "the end"});
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

namespace {

std::atomic<bool> overflows{false};

ssize_t read_or_overflow(int fd, void* to, std::size_t n) {
    ssize_t const got = ::read(fd, to, n);
    if (got <= 0 || n < sizeof(inotify_event) || !overflows.exchange(false)) return got;
    *static_cast<inotify_event*>(to) = {-1, IN_Q_OVERFLOW, 0, 0};
    return sizeof(inotify_event);
}

}  // namespace

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

TEST_CASE("waiting for a change ends: at the deadline, by close, by cancellation", "[fs][watch][C49]") {
    in_fibers([] {
        scratch dir;
        fs::watcher w(dir.path());
        CHECK_FALSE(w.try_next().has_value());
        w.set_deadline(past());
        CHECK(thrown_by([&] { w.next(); }) == std::errc::timed_out);
        w.clear_deadline();
        auto cancelled = weft::spawn([&] { return ends_cancelled([&] { w.next(); }); });
        until_parked(1);
        cancelled.cancel();
        CHECK(cancelled.join());
        auto waiting = weft::spawn([&] { return w.next().has_value(); });
        until_parked(1);
        w.close();
        CHECK_FALSE(waiting.join());
        CHECK_FALSE(w.is_open());
        CHECK_FALSE(w.next().has_value());
        CHECK_FALSE(fs::watcher().next().has_value());
    });
}

TEST_CASE("a watcher stands in a select, and delivers to a channel", "[fs][watch][select]") {
    in_fibers([] {
        scratch dir, elsewhere;
        fs::watcher w(dir.path());
        auto never = weft::make_chan<int>();
        bool timed_out = false;
        weft::select(fs::on_change(w), weft::on_timeout(1ms, [&] { timed_out = true; }));
        CHECK(timed_out);
        fs::create_directory(dir / "d");
        std::string seen;
        weft::select(weft::on_recv(never, [](auto) {}),
                     fs::on_change(w, [&] { seen = line_of(*w.try_next(), dir.path()); }));
        CHECK(seen == "created d");

        // What has left is to be reported without anything else happening.
        fs::rename(dir / "d", elsewhere / "d");
        fs::create_directory(dir / "e");
        CHECK(line_of(*w.next(), dir.path()) == "created e");
        CHECK(weft::select(fs::on_change(w, [&] { seen = line_of(*w.try_next(), dir.path()); }), weft::otherwise()) ==
              0);
        CHECK(seen == "removed d");

        auto events = weft::make_chan<fs::watch_event>(1);
        auto deliverer = weft::spawn([&] { w.deliver(events); });
        for (int i = 0; i != 10; ++i) fs::create_directory(dir / std::to_string(i));
        for (int i = 0; i != 10; ++i) CHECK(line_of(*events.recv(), dir.path()) == "created " + std::to_string(i));
        w.close();
        deliverer.join();
    });
}

TEST_CASE("a cancellation leaves no hole in a watch", "[fs][watch][cancel]") {
    in_fibers([] {
        scratch dir;
        fs::watcher w(dir.path());
        fs::create_directory(dir / "d");
        std::error_code ec;
        // What has arrived is taken without waiting, and the new directory is to be watched from then on.
        auto const event = weft::with_deadline(past(), [&] { return w.next(ec); });
        CHECK((event && line_of(*event, dir.path()) == "created d"));
        fs::write_file(dir / "d/f", "x");
        fs::create_directory(dir / "mark");
        CHECK(events_until(w, dir.path(), "mark") == lines{"created d/f", "written d/f"});
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
