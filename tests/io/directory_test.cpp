// Directories: what is in them, and what changes that.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "scratch.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace fs = weft::fs;

namespace {

std::vector<std::string> names_of(std::vector<fs::directory_entry> const& entries) {
    std::vector<std::string> names;
    for (auto const& e : entries) names.push_back(e.name);
    return names;
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a directory is listed in the order of the names", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "b", "12");
        fs::write_file(dir / "a", "");
        fs::create_directory(dir / "c");
        fs::create_symlink("b", dir / "link");
        fs::create_symlink("nowhere", dir / "dangling");
        auto const all = fs::list(dir.path());
        CHECK(names_of(all) == names{"a", "b", "c", "dangling", "link"});
        CHECK(all[1].type == fs::file_type::regular);
        CHECK(all[2].type == fs::file_type::directory);
        CHECK(all[4].type == fs::file_type::symlink);

        auto const followed = fs::list(dir.path(), {.with_metadata = true, .follow = fs::links::follow});
        CHECK(followed[1].about.size == 2);
        CHECK(followed[3].type == fs::file_type::symlink);
        CHECK(followed[4].type == fs::file_type::regular);
        CHECK(followed[4].about.size == 2);
        CHECK(thrown_by([&] { fs::list(dir / "a"); }) == std::errc::not_a_directory);
        std::error_code ec;
        CHECK(fs::list(dir / "nothing", {}, ec).empty());
        CHECK(ec == std::errc::no_such_file_or_directory);
    });
}

TEST_CASE("a large directory is read piece by piece", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        int const files = sized(2'000, 1'500, 1'500);  // more than one block of the system's
        weft::blocking([&] {
            for (int i = 0; i != files; ++i) ::close(::creat((dir / ("file " + std::to_string(i))).c_str(), 0600));
        });
        names found;
        for (auto& entry : fs::directory(dir.path())) found.push_back(std::move(entry.name));
        CHECK(found.size() == static_cast<std::size_t>(files));
        std::sort(found.begin(), found.end());
        CHECK(std::unique(found.begin(), found.end()) == found.end());

        fs::directory half(dir.path());  // abandoned with entries left
        CHECK(half.next().has_value());
        CHECK(thrown_by([&] { fs::directory(dir / "nothing"); }) == std::errc::no_such_file_or_directory);
        std::error_code ec;
        fs::directory none(dir / "nothing", {}, ec);
        CHECK(ec == std::errc::no_such_file_or_directory);
        CHECK_FALSE(none.next().has_value());
    });
}

TEST_CASE("directories are made, also those above them", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        CHECK(fs::create_directory(dir / "a"));
        CHECK_FALSE(fs::create_directory(dir / "a"));
        CHECK(thrown_by([&] { fs::create_directory(dir / "x/y"); }) == std::errc::no_such_file_or_directory);
        CHECK(fs::create_directories(dir / "a/b/c/d"));
        CHECK_FALSE(fs::create_directories(dir / "a/b/c/d"));
        CHECK(fs::create_directories(dir / "a//e/"));
        CHECK(fs::status(dir / "a/e").is_directory());
        fs::write_file(dir / "file", "");
        CHECK(thrown_by([&] { fs::create_directories(dir / "file/below"); }) == std::errc::file_exists);
        CHECK(thrown_by([&] { fs::create_directory(dir / "file"); }) == std::errc::file_exists);
    });
}

TEST_CASE("many fibers make the same directories", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        std::vector<weft::fiber<bool>> all;
        for (int i = 0; i != 20; ++i)
            all.push_back(weft::spawn([&] { return fs::create_directories(dir / "a/b/c/d/e"); }));
        int made = 0;
        for (auto& f : all) made += f.join() ? 1 : 0;
        CHECK(made == 1);
    });
}

TEST_CASE("a name is removed, once", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "f", "x");
        fs::create_symlink(dir / "f", dir / "link");
        fs::create_directory(dir / "d");
        fs::write_file(dir / "d/x", "");
        CHECK(fs::remove(dir / "link"));
        CHECK(fs::exists(dir / "f"));
        CHECK(fs::remove(dir / "f"));
        CHECK_FALSE(fs::remove(dir / "f"));
        std::error_code ec;
        CHECK_FALSE(fs::remove(dir / "d", ec));
        CHECK(ec == std::errc::directory_not_empty);
        CHECK(fs::remove(dir / "d/x"));
        CHECK(fs::remove(dir / "d"));
    });
}

TEST_CASE("a tree is removed, and nothing that links lead to", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        fs::create_directories(dir / "keep");
        fs::write_file(dir / "keep/f", "x");
        std::uint64_t names_made = 1;
        fs::create_directory(dir / "tree");
        std::string path = dir / "tree";
        for (int depth = 0; depth != 20; ++depth) {
            for (int i = 0; i != 3; ++i) fs::create_directories(path + "/side" + std::to_string(i) + "/x");
            fs::write_file(path + "/f", "x");
            fs::create_symlink(dir / "keep", path + "/link");
            path += "/down";
            fs::create_directory(path);
            names_made += 9;
        }
        CHECK(fs::remove_all(dir / "tree") == names_made);
        CHECK_FALSE(fs::exists(dir / "tree"));
        CHECK(fs::read_file(dir / "keep/f") == "x");
        CHECK(fs::remove_all(dir / "tree") == 0);
        CHECK(fs::remove_all(dir / "keep/f") == 1);
    });
}

namespace {
std::string swapped_root;
std::atomic<int> swaps{0};
}  // namespace

TEST_CASE("a link put in place of a directory that is being removed is removed, and nothing behind it",
          "[fs][directory]") {
    auto table = weft::detail::real_system;
    table.openat = [](int d, char const* path, int flags, mode_t mode) {
        if ((flags & O_NOFOLLOW) != 0 && std::string_view(path) == "inner" && swaps++ == 0) {
            std::string const at = swapped_root + "/tree/inner";
            ::rename(at.c_str(), (swapped_root + "/away").c_str());
            static_cast<void>(!::symlink((swapped_root + "/kept").c_str(), at.c_str()));
        }
        return ::openat(d, path, flags, mode);
    };
    in_fibers([&] {
        scratch dir;
        swapped_root = dir.path();
        swaps = 0;
        fs::create_directories(dir / "tree/inner");
        fs::create_directory(dir / "kept");
        fs::write_file(dir / "kept/f", "x");
        {
            installed_system const swapping(table);
            CHECK(fs::remove_all(dir / "tree") == 2);
        }
        CHECK(swaps == 1);
        CHECK_FALSE(fs::exists(dir / "tree"));
        CHECK(fs::exists(dir / "kept/f"));
        CHECK(fs::exists(dir / "away"));
    });
}

TEST_CASE("several fibers remove one tree", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        for (int i = 0; i != 10; ++i)
            for (int j = 0; j != 10; ++j)
                fs::create_directories(dir / ("t/" + std::to_string(i) + "/" + std::to_string(j)));
        std::vector<weft::fiber<std::uint64_t>> all;
        for (int i = 0; i != 4; ++i) all.push_back(weft::spawn([&] { return fs::remove_all(dir / "t"); }));
        std::uint64_t removed = 0;
        for (auto& f : all) removed += f.join();
        CHECK(removed == 111);
        CHECK_FALSE(fs::exists(dir / "t"));
    });
}

TEST_CASE("names are changed and added", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "a", "new");
        fs::write_file(dir / "b", "old");
        fs::rename(dir / "a", dir / "b");
        CHECK(fs::read_file(dir / "b") == "new");
        CHECK_FALSE(fs::exists(dir / "a"));
        CHECK(message_of([&] { fs::rename(dir / "a", dir / "c"); }).find(dir / "c") != std::string::npos);
        fs::create_hard_link(dir / "b", dir / "also b");
        CHECK(fs::status(dir / "b").link_count == 2);
        std::string const target(1'000, 't');  // longer than what is first asked for
        fs::create_symlink(target, dir / "long");
        CHECK(fs::read_symlink(dir / "long") == target);
        CHECK(thrown_by([&] { fs::read_symlink(dir / "b"); }) == std::errc::invalid_argument);
        std::error_code ec;
        fs::create_symlink("x", dir / "long", ec);
        CHECK(ec == std::errc::file_exists);
    });
}

TEST_CASE("a file is copied with its permissions", "[fs][copy]") {
    in_fibers([] {
        scratch dir;
        std::string const content = pattern(300'000);
        fs::write_file(dir / "a", content);
        fs::set_permissions(dir / "a", 0640);
        CHECK(fs::copy_file(dir / "a", dir / "b") == content.size());
        CHECK(fs::read_file(dir / "b") == content);
        CHECK(fs::status(dir / "b").permissions == 0640);
        CHECK(thrown_by([&] { fs::copy_file(dir / "a", dir / "b"); }) == std::errc::file_exists);
        fs::write_file(dir / "a", "short");
        CHECK(fs::copy_file(dir / "a", dir / "b", {.overwrite = true}) == 5);
        CHECK(fs::read_file(dir / "b") == "short");
        CHECK(thrown_by([&] { fs::copy_file(dir / "a", dir / "a", {.overwrite = true}); }) ==
              std::errc::invalid_argument);
        CHECK(fs::read_file(dir / "a") == "short");
        CHECK(fs::copy_file("/proc/self/status", dir / "status") > 0);  // claims to be empty
        CHECK(thrown_by([&] { fs::copy_file(dir.path(), dir / "c"); }) == std::errc::is_a_directory);
        CHECK(thrown_by([&] { fs::copy_file(dir / "nothing", dir / "c"); }) == std::errc::no_such_file_or_directory);
        CHECK_FALSE(fs::exists(dir / "c"));
    });
}

TEST_CASE("a device keeps its permissions when a file is copied to it", "[fs][copy]") {
    auto table = weft::detail::real_system;
    table.fchmod = [](int, mode_t) {
        errno = EPERM;
        return -1;
    };
    scratch dir;
    fs::write_file(dir / "a", "x");
    installed_system const forbidding(table);
    in_fibers([&] { CHECK(fs::copy_file(dir / "a", "/dev/null", {.overwrite = true}) == 1); });
}

TEST_CASE("a copy that fails leaves nothing", "[fs][copy]") {
    auto table = weft::detail::real_system;
    table.copy_file_range = [](int, off_t*, int, off_t*, std::size_t, unsigned) -> ssize_t {
        errno = EXDEV;
        return -1;
    };
    table.write = [](int fd, void const* from, std::size_t n) -> ssize_t {
        if (n == pollers_bytes) return ::write(fd, from, n);
        errno = ENOSPC;
        return -1;
    };
    scratch dir;
    fs::write_file(dir / "a", "x");
    installed_system const full(table);
    in_fibers([&] {
        CHECK(thrown_by([&] { fs::copy_file(dir / "a", dir / "b"); }) == std::errc::no_space_on_device);
        CHECK_FALSE(fs::exists(dir / "b"));
    });
}

TEST_CASE("what is there already and cannot be looked at is not taken for a file", "[fs][directory]") {
    auto table = weft::detail::real_system;
    table.statx = [](int, char const*, int, unsigned, struct statx*) {
        errno = ENOMEM;
        return -1;
    };
    installed_system const exhausted(table);
    in_fibers([] {
        scratch dir;
        CHECK(thrown_by([&] { fs::create_directories(dir / "d"); }) == std::errc::not_enough_memory);
    });
}

TEST_CASE("a link that leads nowhere is no directory", "[fs][directory]") {
    in_fibers([] {
        scratch dir;
        fs::create_symlink("nowhere", dir / "link");
        CHECK(thrown_by([&] { fs::create_directory(dir / "link"); }) == std::errc::file_exists);
    });
}
