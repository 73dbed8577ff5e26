// Watching files and trees.

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <vector>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/replacement.hpp>
#include <weft/watch.hpp>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "scratch.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"
#include "watching.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace fs = weft::fs;
using fs::change;

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
        CHECK(is_watched(w, dir.path(), "d/e"));
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
        CHECK(is_watched(w, dir.path(), "d/e"));
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
