// Files as they should be: modes, positions, sizes.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>
#include <weft/file.hpp>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "scratch.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace fs = weft::fs;

namespace {

std::string read_at(fs::file& f, std::size_t bytes, std::uint64_t offset) {
    std::string text(bytes, '\0');
    text.resize(f.read_at(writable(text), offset));
    return text;
}

std::string read_some(fs::file& f, std::size_t bytes) {
    std::string text(bytes, '\0');
    text.resize(f.read_some(writable(text)));
    return text;
}

}  // namespace

TEST_CASE("what is written at an offset is read there", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        auto f = fs::create(dir / "f");
        CHECK(f.write_at(weft::as_bytes("world"), 6) == 5);
        CHECK(f.write_at(weft::as_bytes("hello "), 0) == 6);
        CHECK(read_at(f, 100, 0) == "hello world");
        CHECK(read_at(f, 5, 6) == "world");
        CHECK(read_at(f, 5, 11).empty());
        CHECK(read_at(f, 5, 1'000'000).empty());
        CHECK(f.tell() == 0);
    });
}

TEST_CASE("the streaming calls share one position", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        auto f = fs::create(dir / "f");
        CHECK(f.write_all(weft::as_bytes("0123456789")) == 10);
        CHECK(f.tell() == 10);
        CHECK(f.seek(2) == 2);
        CHECK(read_some(f, 3) == "234");
        CHECK(f.seek(-1, fs::seek_from::current) == 4);
        CHECK(f.write_some(weft::as_bytes("x")) == 1);
        CHECK(f.seek(-2, fs::seek_from::end) == 8);
        std::string rest(5, '\0');
        CHECK(f.read_exact(writable(rest)) == 2);
        CHECK(f.read_some(writable(rest)) == 0);
        CHECK(read_at(f, 20, 0) == "0123x56789");
        std::error_code ec;
        f.seek(-1, fs::seek_from::start, ec);
        CHECK(ec == std::errc::invalid_argument);
    });
}

TEST_CASE("an appending file writes at its end, wherever that is by then", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        auto one = fs::file::open(dir / "log", {.append = true, .create = true});
        auto two = fs::file::open(dir / "log", {.append = true});
        one.write_all(weft::as_bytes("a"));
        two.write_all(weft::as_bytes("b"));
        one.write_all(weft::as_bytes("c"));
        CHECK(one.tell() == 3);
        CHECK(fs::read_file(dir / "log") == "abc");
        std::byte byte[1];
        CHECK(thrown_by([&] { one.read_some(byte); }) == std::errc::bad_file_descriptor);
    });
}

TEST_CASE("the options say how a file is opened", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        std::string const path = dir / "f";
        CHECK(thrown_by([&] { fs::open(path); }) == std::errc::no_such_file_or_directory);
        CHECK(message_of([&] { fs::open(path); }).find(path) != std::string::npos);
        {
            auto made = fs::file::open(path, {.write = true, .create = true, .exclusive = true, .permissions = 0640});
            made.write_all(weft::as_bytes("old"));
            CHECK((made.status().permissions & ~0640u) == 0);
        }
        std::error_code ec;
        CHECK_FALSE(fs::file::open(path, {.write = true, .create = true, .exclusive = true}, ec).is_open());
        CHECK(ec == std::errc::file_exists);
        CHECK(fs::open(path, ec).size() == 3);
        CHECK_FALSE(ec);
        fs::file::open(path, {.write = true, .truncate = true});
        CHECK(fs::open(path).size() == 0);
        CHECK(thrown_by([&] { fs::file::open(path, {}); }) == std::errc::invalid_argument);
        ::symlink(path.c_str(), (dir / "link").c_str());
        CHECK(thrown_by([&] { fs::file::open(dir / "link", {.read = true, .no_follow = true}); }) ==
              std::errc::too_many_symbolic_link_levels);
        auto const open = fs::open(path);
        CHECK((::fcntl(open.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
    });
}

TEST_CASE("any kind of text is a path", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        std::string const path = dir / "f";
        fs::write_file(path, "x");
        CHECK(fs::read_file(path.c_str()) == "x");
        CHECK(fs::read_file(std::string_view(path + "tail").substr(0, path.size())) == "x");
        CHECK(fs::read_file(std::filesystem::path(path)) == "x");
        CHECK(fs::exists("/"));
        CHECK(thrown_by([&] { fs::open(std::string("/etc\0/passwd", 12)); }) == std::errc::invalid_argument);
        CHECK(thrown_by([&] { fs::open(dir / std::string(300, 'n')); }) == std::errc::filename_too_long);
        CHECK(thrown_by([&] { fs::open(std::string(5'000, '/') + "x"); }) == std::errc::filename_too_long);
    });
}

TEST_CASE("what the system refuses is reported as the system does", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        CHECK(thrown_by([&] { fs::create(dir.path()); }) == std::errc::is_a_directory);
        CHECK(thrown_by([&] { fs::read_file(dir.path()); }) == std::errc::is_a_directory);
        std::byte byte[1];
        CHECK(thrown_by([&] { fs::open(dir.path()).read_some(byte); }) == std::errc::is_a_directory);
        fs::write_file(dir / "f", "x");
        CHECK(thrown_by([&] { fs::open(dir / "f/g"); }) == std::errc::not_a_directory);
        auto read_only = fs::open(dir / "f");
        CHECK(thrown_by([&] { read_only.write_at(byte, 0); }) == std::errc::bad_file_descriptor);
        CHECK(thrown_by([&] { read_only.truncate(0); }) == std::errc::invalid_argument);
    });
}

TEST_CASE("a full disk says how much it took", "[fs][file][C52]") {
    in_fibers([] {
        auto full = fs::file::open("/dev/full", {.write = true});
        std::error_code ec;
        CHECK(full.write_all(weft::as_bytes("hello"), ec) == 0);
        CHECK(ec == std::errc::no_space_on_device);
        CHECK(thrown_by([&] { fs::write_file("/dev/full", "hello"); }) == std::errc::no_space_on_device);
        CHECK(message_of([&] { full.write_all(weft::as_bytes("hello")); }).find("0 of 5 bytes written") !=
              std::string::npos);
    });
}

TEST_CASE("permissions are obeyed", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "secret", "x");
        fs::set_permissions(dir / "secret", 0);
        CHECK(fs::status(dir / "secret").permissions == 0);
        bool const all_is_allowed = ::geteuid() == 0;
        CHECK(thrown_by([&] { fs::open(dir / "secret"); }) ==
              (all_is_allowed ? std::error_code() : make_error_code(std::errc::permission_denied)));
    });
}

TEST_CASE("a file is cut off and extended", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        auto f = fs::create(dir / "f");
        f.write_all(weft::as_bytes("0123456789"));
        f.truncate(4);
        CHECK(f.size() == 4);
        f.truncate(6);
        CHECK(read_at(f, 10, 0) == std::string("0123\0\0", 6));
        f.sync();
        f.sync_data();
        CHECK(f.tell() == 10);
    });
}

TEST_CASE("metadata says what the system knows", "[fs][metadata]") {
    in_fibers([] {
        scratch dir;
        fs::write_file(dir / "f", "12345");
        ::symlink("f", (dir / "link").c_str());
        fs::file_time const long_ago{std::chrono::seconds(1'000'000'000) + std::chrono::nanoseconds(5)};
        fs::file_time const before_1970{std::chrono::nanoseconds(-1)};
        fs::set_times(dir / "f", before_1970, long_ago);
        auto const about = fs::status(dir / "link");
        CHECK(about.is_regular());
        CHECK(about.size == 5);
        CHECK(about.modified == long_ago);
        CHECK(about.link_count == 1);
        CHECK(fs::status(dir / "link", fs::links::no_follow).is_symlink());
        CHECK(fs::status(dir.path()).is_directory());
        CHECK(fs::status("/dev/null").type == fs::file_type::character_device);
        CHECK(fs::status(dir / "f").inode == fs::open(dir / "f").status().inode);
        CHECK_FALSE(fs::exists(dir / "nothing"));
        CHECK_FALSE(fs::exists(dir / "f/nothing"));
        std::error_code ec;
        fs::status(dir / "nothing", ec);
        CHECK(ec == std::errc::no_such_file_or_directory);
    });
}

TEST_CASE("files are read and written whole", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        for (std::size_t const size : {0u, 1u, 4095u, 4096u, 4097u, 300'000u}) {
            std::string const content = pattern(size);
            fs::write_file(dir / "f", content);
            CHECK(fs::read_file(dir / "f") == content);
        }
        CHECK(fs::read_file("/proc/self/status").find("Name:") == 0);  // claims to be empty
        std::error_code ec;
        CHECK(fs::read_file(dir / "nothing", ec).empty());
        CHECK(ec == std::errc::no_such_file_or_directory);
    });
}

TEST_CASE("a file works on a plain thread", "[fs][file]") {
    scratch dir;
    auto f = fs::create(dir / "f");
    f.write_all(weft::as_bytes("hello"));
    CHECK(read_at(f, 10, 1) == "ello");
    f.lock();
    f.unlock();
    f.close();
    CHECK_FALSE(f.is_open());
}

TEST_CASE("an object without a file says so, and a closed one, too", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        fs::file none;
        std::byte byte[1];
        CHECK_FALSE(none.is_open());
        CHECK(none.native_handle() == -1);
        none.close();
        CHECK(thrown_by([&] { none.read_some(byte); }) == std::errc::bad_file_descriptor);
        CHECK(thrown_by([&] { none.write_at(byte, 0); }) == std::errc::bad_file_descriptor);
        CHECK(thrown_by([&] { none.lock(); }) == std::errc::bad_file_descriptor);
        CHECK(thrown_by([&] { none.size(); }) == std::errc::bad_file_descriptor);

        auto closed = fs::create(dir / "f");
        closed.close();
        closed.close();
        CHECK(closed.native_handle() == -1);
        CHECK(thrown_by([&] { closed.read_some(byte); }) == std::errc::operation_canceled);
        CHECK(thrown_by([&] { closed.seek(0); }) == std::errc::operation_canceled);
        CHECK(thrown_by([&] { closed.try_lock(); }) == std::errc::operation_canceled);
        std::error_code ec = std::make_error_code(std::errc::io_error);
        closed.close(ec);
        CHECK_FALSE(ec);
    });
}

TEST_CASE("a moved file keeps its descriptor and its position", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        auto f = fs::create(dir / "f");
        f.write_all(weft::as_bytes("x"));
        int const number = f.native_handle();
        fs::file g = std::move(f);
        CHECK(g.native_handle() == number);
        CHECK(g.tell() == 1);
        g = fs::create(dir / "other");
        CHECK(g.tell() == 0);
        auto mine = fs::file::from_native(::open("/dev/null", O_WRONLY | O_CLOEXEC));
        CHECK(mine.write_all(weft::as_bytes("gone")) == 4);
    });
}

TEST_CASE("a thousand fibers read one file", "[fs][file]") {
    int const readers = sized(1'000, 1'000, 300);
    in_fibers([readers] {
        scratch dir;
        constexpr std::size_t block = 512;
        std::string const content = pattern(block * static_cast<std::size_t>(readers));
        fs::write_file(dir / "f", content);
        auto f = fs::open(dir / "f");
        std::vector<weft::fiber<bool>> all;
        for (int i = 0; i != readers; ++i)
            all.push_back(weft::spawn([&, at = block * static_cast<std::size_t>(i)] {
                return read_at(f, block, at) == content.substr(at, block);
            }));
        int right = 0;
        for (auto& one : all) right += one.join() ? 1 : 0;
        CHECK(right == readers);
    });
}

TEST_CASE("streaming writes of many fibers come one after the other, each as a unit", "[fs][file][C51]") {
    in_fibers([] {
        scratch dir;
        auto f = fs::create(dir / "f");
        std::vector<weft::fiber<>> all;
        for (char c = 'a'; c <= 'z'; ++c)
            all.push_back(weft::spawn([&f, c] { f.write_all(weft::as_bytes(std::string(10'000, c))); }));
        for (auto& one : all) one.join();
        std::string const content = fs::read_file(dir / "f");
        CHECK(content.size() == 260'000);
        int runs = 1;
        for (std::size_t i = 1; i < content.size(); ++i) runs += content[i] != content[i - 1] ? 1 : 0;
        CHECK(runs == 26);
    });
}

TEST_CASE("a named pipe holds up no worker", "[fs][file]") {
    in_fibers([] {
        scratch dir;
        ::mkfifo((dir / "pipe").c_str(), 0600);
        auto reader = weft::spawn([&] {
            auto from = fs::open(dir / "pipe");  // waits for the writer
            std::string const first = read_some(from, 100);
            return first + read_some(from, 100);
        });
        until_parked(1);
        auto to = fs::file::open(dir / "pipe", {.write = true});
        until_parked(1);
        to.write_all(weft::as_bytes("hello"));
        to.close();
        CHECK(reader.join() == "hello");
    });
}
