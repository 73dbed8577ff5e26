// Walks of trees.

#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <vector>
#include <weft/directory.hpp>
#include <weft/file.hpp>
#include <weft/walk.hpp>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "scratch.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace fs = weft::fs;

namespace {

using names = std::vector<std::string>;

/// The paths below the root, as the walk yields them.
names walked(std::string const& root, fs::walk_options options = {}) {
    names paths;
    for (auto& entry : fs::walk(root, options))
        if (entry.depth != 0) paths.push_back(entry.path.substr(root.size() + 1));
    return paths;
}

void make_tree(scratch const& dir) {
    for (char const* d : {"a", "a-b", "a0", "a/x/deep", "empty"}) fs::create_directories(dir / d);
    for (char const* f : {"a-b/1", "a-c", "a/x/deep/2", "a/x/3", "a/y", "a0/4", "z"}) fs::write_file(dir / f, f);
}

}  // namespace

TEST_CASE("a walk yields the paths of files in byte order, each directory before what is in it", "[fs][walk]") {
    in_fibers([] {
        scratch dir;
        make_tree(dir);
        names const expected{"a-b",        "a-b/1", "a-c", "a",    "a/x",   "a/x/3", "a/x/deep",
                             "a/x/deep/2", "a/y",   "a0",  "a0/4", "empty", "z"};
        CHECK(walked(dir.path()) == expected);
        CHECK(walked(dir.path(), {.read_ahead = 0}) == expected);
        CHECK(walked(dir.path(), {.read_ahead = 1}) == expected);
        CHECK(walked(dir.path(), {.with_metadata = true}) == expected);
    });
}

TEST_CASE("a walk works on a plain thread", "[fs][walk]") {
    scratch dir;
    make_tree(dir);
    CHECK(walked(dir.path()).size() == 13);
}

TEST_CASE("a walk goes only as deep as it should", "[fs][walk]") {
    in_fibers([] {
        scratch dir;
        make_tree(dir);
        CHECK(walked(dir.path(), {.max_depth = 0}).empty());
        CHECK(walked(dir.path(), {.max_depth = 1}) == names{"a-b", "a-c", "a", "a0", "empty", "z"});
        names shallow;
        fs::walk some(dir.path());
        while (auto entry = some.next()) {
            if (entry->name() == "x") some.skip();
            if (entry->depth == 0) continue;
            shallow.push_back(entry->path.substr(dir.path().string().size() + 1));
        }
        CHECK(shallow == names{"a-b", "a-b/1", "a-c", "a", "a/x", "a/y", "a0", "a0/4", "empty", "z"});
    });
}

TEST_CASE("skipping every directory reads none", "[fs][walk]") {
    in_fibers([] {
        scratch dir;
        for (int i = 0; i != 100; ++i) fs::create_directories(dir / ("d" + std::to_string(i) + "/below"));
        fs::walk some(dir.path());
        CHECK(some.next()->depth == 0);
        int seen = 0;
        for (; some.next(); ++seen) some.skip();
        CHECK(seen == 100);
    });
}

TEST_CASE("a walk enters links only if told, and never runs in circles", "[fs][walk]") {
    in_fibers([] {
        scratch dir;
        fs::create_directories(dir / "a/b");
        fs::write_file(dir / "a/b/f", "");
        fs::create_symlink("..", dir / "a/up");
        fs::create_symlink("b", dir / "a/c");
        fs::create_symlink("nowhere", dir / "a/dangling");
        CHECK(walked(dir.path()) == names{"a", "a/b", "a/b/f", "a/c", "a/dangling", "a/up"});
        names failed;
        names all;
        for (auto& entry : fs::walk(dir.path(), {.follow = fs::links::follow})) {
            if (entry.failure == std::errc::too_many_symbolic_link_levels) failed.emplace_back(entry.name());
            all.emplace_back(entry.name());
        }
        CHECK(failed == names{"up"});
        CHECK(std::count(all.begin(), all.end(), "f") == 2);
        fs::create_symlink(dir / "a", dir / "root");
        CHECK(walked(dir / "root") == names{"b", "b/f", "c", "dangling", "up"});
    });
}

TEST_CASE("what cannot be read is in the entries", "[fs][walk]") {
    in_fibers([] {
        scratch dir;
        fs::walk nothing(dir / "nothing");
        auto const only = nothing.next();
        CHECK(only->failure == std::errc::no_such_file_or_directory);
        CHECK_FALSE(nothing.next().has_value());
        fs::write_file(dir / "f", "12345");
        fs::walk file(dir / "f");
        CHECK(file.next()->about.size == 5);
        CHECK_FALSE(file.next().has_value());
        fs::walk odd(std::string("a\0b", 3));
        CHECK(odd.next()->failure == std::errc::invalid_argument);
    });
}

TEST_CASE("an unreadable directory comes up twice", "[fs][walk]") {
    auto table = weft::detail::real_system;
    table.openat = [](int directory, char const* path, int flags, mode_t mode) {
        if (std::string_view(path).ends_with("/closed")) {
            errno = EACCES;
            return -1;
        }
        return ::openat(directory, path, flags, mode);
    };
    installed_system const strict(table);
    in_fibers([] {
        scratch dir;
        fs::create_directories(dir / "closed");
        fs::write_file(dir / "open", "");
        std::vector<std::error_code> closed;
        int others = 0;
        for (auto& entry : fs::walk(dir.path()))
            if (entry.name() == "closed")
                closed.push_back(entry.failure);
            else
                ++others;
        CHECK(closed == std::vector<std::error_code>{{}, std::make_error_code(std::errc::permission_denied)});
        CHECK(others == 2);
    });
}

TEST_CASE("a walk that is dropped or cancelled leaves nothing behind", "[fs][walk][cancel]") {
    in_fibers([] {
        scratch dir;
        for (int i = 0; i != 30; ++i)
            for (int j = 0; j != 3; ++j) fs::create_directories(dir / (std::to_string(i) + "/" + std::to_string(j)));
        {
            fs::walk some(dir.path());
            for (int i = 0; i != 5; ++i) some.next();
        }
        for (int i = 0; i != 20; ++i) {
            auto walker = weft::spawn([&] { return walked(dir.path()).size(); });
            for (int turn = 0; turn != i; ++turn) weft::this_fiber::yield();
            walker.cancel();
        }
        CHECK(walked(dir.path()).size() == 120);
    });
}
