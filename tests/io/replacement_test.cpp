// Files replaced at one instant, and temporary ones.

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/replacement.hpp>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "scratch.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace fs = weft::fs;

namespace {

/// How many calls that may fail have been made, and which of them fails.
std::atomic<int> calls_made{0};
std::atomic<int> failing{0};

bool fails() {
    if (++calls_made != failing) return false;
    errno = EIO;
    return true;
}

/// A system in which the `failing`-th call that an atomic write makes fails.
weft::detail::system_table brittle_system() {
    auto table = weft::detail::real_system;
    table.openat = [](int d, char const* p, int f, mode_t m) { return fails() ? -1 : ::openat(d, p, f, m); };
    table.write = [](int fd, void const* p, std::size_t n) -> ssize_t {
        return n != pollers_bytes && fails() ? -1 : ::write(fd, p, n);
    };
    table.fsync = [](int fd) { return fails() ? -1 : ::fsync(fd); };
    table.fchmod = [](int fd, mode_t m) { return fails() ? -1 : ::fchmod(fd, m); };
    table.renameat = [](int d, char const* f, int e, char const* t) { return fails() ? -1 : ::renameat(d, f, e, t); };
    return table;
}

}  // namespace

TEST_CASE("a replacement appears when it is committed", "[fs][replacement]") {
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "f", "old");
        fs::set_permissions(dir / "f", 0604);
        {
            fs::replacement next(dir / "f");
            next.content().write_all(weft::as_bytes("new"));
            CHECK(fs::read_file(dir / "f") == "old");
            CHECK(fs::list(dir.path()).size() == 2);
            next.commit();
            CHECK(fs::read_file(dir / "f") == "new");
            CHECK(thrown_by([&] { next.commit(); }) == std::errc::bad_file_descriptor);
        }
        CHECK(fs::status(dir / "f").permissions == 0604);
        CHECK(fs::list(dir.path()).size() == 1);
        {
            fs::replacement dropped(dir / "f");
            fs::replacement taken(std::move(dropped));
            taken.content().write_all(weft::as_bytes("never"));
        }
        CHECK(fs::read_file(dir / "f") == "new");
        CHECK(fs::list(dir.path()).size() == 1);
        std::error_code ec;
        fs::replacement nowhere(dir / "nothing/f", ec);
        CHECK(ec == std::errc::no_such_file_or_directory);
    });
}

TEST_CASE("a file is written atomically", "[fs][replacement]") {
    in_fibers([] {
        scratch dir;
        fs::write_file_atomically(dir / "f", "one");
        CHECK(fs::read_file(dir / "f") == "one");
        std::string const large = pattern(100'000);
        fs::write_file_atomically(dir / "f", large);
        CHECK(fs::read_file(dir / "f") == large);
        CHECK(fs::list(dir.path()).size() == 1);
    });
}

TEST_CASE("readers find the old content or the new one", "[fs][replacement]") {
    in_fibers([] {
        scratch dir;
        std::string const contents[] = {std::string(50'000, 'a'), std::string(60'000, 'b')};
        fs::write_file(dir / "f", contents[0]);
        std::atomic<bool> done{false};
        std::vector<weft::fiber<bool>> readers;
        for (int i = 0; i != 4; ++i)
            readers.push_back(weft::spawn([&] {
                while (!done) {
                    std::string const seen = fs::read_file(dir / "f");
                    if (seen != contents[0] && seen != contents[1]) return false;
                    weft::this_fiber::yield();
                }
                return true;
            }));
        for (int i = 0; i != sized(50, 30, 10); ++i) fs::write_file_atomically(dir / "f", contents[i % 2]);
        done = true;
        for (auto& r : readers) CHECK(r.join());
        CHECK(fs::list(dir.path()).size() == 1);
    });
}

TEST_CASE("whichever call fails, the old content stays or the new one is there, and nothing else",
          "[fs][replacement]") {
    installed_system const brittle(brittle_system());
    in_fibers([] {
        scratch dir;
        int rounds = 0;
        for (bool failed = true; failed; ++rounds) {
            failing = 0;
            fs::write_file(dir / "f", "old");
            calls_made = 0;
            failing = rounds + 1;
            std::error_code ec;
            fs::write_file_atomically(dir / "f", "new", ec);
            failed = static_cast<bool>(ec);
            failing = 0;
            std::string const content = fs::read_file(dir / "f");
            CHECK((content == "new" || (failed && content == "old")));
            CHECK(fs::list(dir.path()).size() == 1);
        }
        CHECK(rounds == 8);  // open, permissions, write, sync, rename, open and sync of the directory; then none fails
    });
}

namespace {
std::atomic<mode_t> made_with{0};
}  // namespace

TEST_CASE("nobody who may not read a file can open what is to replace it", "[fs][replacement]") {
    auto table = weft::detail::real_system;
    table.openat = [](int d, char const* p, int f, mode_t m) {
        if ((f & O_EXCL) != 0) made_with = m;
        return ::openat(d, p, f, m);
    };
    in_fibers([&] {
        scratch dir;
        fs::write_file(dir / "f", "secret");
        fs::set_permissions(dir / "f", 0600);
        installed_system const observed(table);
        fs::write_file_atomically(dir / "f", "new secret");
        CHECK(made_with == 0600);
        CHECK(fs::status(dir / "f").permissions == 0600);
        fs::write_file_atomically(dir / "g", "public");
        CHECK(made_with == 0666);
    });
}

TEST_CASE("a cancelled replacement leaves nothing", "[fs][replacement][cancel]") {
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "f", "old");
        for (int i = 0; i != 30; ++i) {
            auto writer = weft::spawn([&] {
                fs::replacement next(dir / "f");
                next.content().write_all(weft::as_bytes("new"));
                next.commit();
            });
            for (int turn = 0; turn != i; ++turn) weft::this_fiber::yield();
            writer.cancel();
        }
        std::string const content = fs::read_file(dir / "f");
        CHECK((content == "old" || content == "new"));
        CHECK(fs::list(dir.path()).size() == 1);
    });
}

TEST_CASE("temporary files and directories are new ones", "[fs][replacement]") {
    in_fibers([] {
        auto made = fs::create_temporary_file("weft_test_file-");
        made.content.write_all(weft::as_bytes("x"));
        CHECK(fs::read_file(made.path) == "x");
        CHECK(made.content.status().permissions == 0600);
        auto const other = fs::create_temporary_file("weft_test_file-");
        CHECK(other.path != made.path);
        fs::remove(made.path);
        fs::remove(other.path);
        std::string const directory = fs::create_temporary_directory("weft_test_dir-");
        CHECK(fs::status(directory).permissions == 0700);
        fs::remove(directory);
        std::error_code ec;
        CHECK(fs::create_temporary_directory("no/such/place/", ec).empty());
        CHECK(ec == std::errc::no_such_file_or_directory);
        CHECK(message_of([] { fs::create_temporary_directory("no/such/place/"); }).find("/no/such/") !=
              std::string::npos);
        CHECK(message_of([] { fs::create_temporary_file("no/such/place/"); }).find("/no/such/") != std::string::npos);
    });
}
