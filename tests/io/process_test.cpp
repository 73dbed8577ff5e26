// Starting children: what they are given, what they see, what they leave.

#include <weft/process.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> shell(std::string script) { return {"sh", "-c", std::move(script)}; }

// What a shell command writes to standard output.
std::string output_of(std::string script, weft::process_options options = {}) {
    return weft::run_process(shell(std::move(script)), {}, std::move(options)).out;
}

// A folder that is gone with the object.
class scratch_folder {
public:
    scratch_folder() {
        std::string name = std::filesystem::temp_directory_path() / "weft-process-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~scratch_folder() { std::filesystem::remove_all(path_); }
    scratch_folder(scratch_folder const&) = delete;
    std::string operator/(char const* name) const { return path_ + "/" + name; }
    std::string const& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace

TEST_CASE("megabytes go through a child and come back unchanged", "[process]") {
    in_fibers([] {
        std::string const sent = pattern(sized(8'000'000, 4'000'000, 1'000'000));
        auto const result = weft::run_process({"cat"}, sent);
        CHECK((result.out == sent));
        CHECK(result.err.empty());
        CHECK(result.status.success());
    });
}

TEST_CASE("the ends of a child's pipes are streams", "[process]") {
    in_fibers([] {
        weft::process child({"cat"}, {.in = weft::stdio::pipe(), .out = weft::stdio::pipe()});
        CHECK(child);
        CHECK(child.id() > 0);
        CHECK_FALSE(child.errors().is_open());
        child.input().write_all(weft::as_bytes("over and back"));
        std::string text(13, '\0');
        CHECK(child.output().read_exact(writable(text)) == 13);
        CHECK(text == "over and back");
        CHECK_FALSE(child.try_wait());
        child.input().close();
        CHECK(child.output().read_some(writable(text)) == 0);
        CHECK(child.wait() == weft::exit_status::exited(0));
        CHECK(child.wait().success());
    });
}

TEST_CASE("many children at once, each with its own answer", "[process]") {
    in_fibers([] {
        constexpr int children = sized(200, 100, 30);
        std::vector<weft::fiber<int>> running;
        for (int i = 0; i != children; ++i)
            running.push_back(weft::spawn([i] {
                auto const result = weft::run_process(shell("cat; exit " + std::to_string(i % 100)), std::to_string(i));
                return result.out == std::to_string(i) ? result.status.code() : -1;
            }));
        for (int i = 0; i != children; ++i) CHECK(running[static_cast<std::size_t>(i)].join() == i % 100);
    });
}

TEST_CASE("a child sees the descriptors 0, 1 and 2 and no others", "[process]") {
    in_fibers([] {
        int const inherited = ::open("/dev/null", O_RDONLY);  // NOLINT: not close-on-exec, on purpose
        auto [near, far] = connect();
        // 3 is the folder that it reads.
        CHECK(weft::run_process({"ls", "/proc/self/fd"}).out == "0\n1\n2\n3\n");
        ::close(inherited);
    });
}

TEST_CASE("variables are added to the environment, or replace it", "[process]") {
    ::setenv("WEFT_TEST_INHERITED", "from the parent", 1);
    in_fibers([] {
        std::string const script = "echo \"$WEFT_TEST_INHERITED,$WEFT_TEST_OWN\"";
        CHECK(output_of(script) == "from the parent,\n");
        CHECK(output_of(script, {.environment = {"WEFT_TEST_OWN=1"}}) == "from the parent,1\n");
        CHECK(output_of(script, {.environment = {"WEFT_TEST_INHERITED=2", "WEFT_TEST_OWN=1", "WEFT_TEST_OWN=3"}}) ==
              "2,3\n");
        CHECK(output_of(script, {.environment = {"WEFT_TEST_OWN=1"}, .inherit_environment = false}) == ",1\n");
        CHECK_THROWS_AS(output_of(script, {.environment = {"WEFT_TEST_OWN"}}), std::invalid_argument);
        CHECK_THROWS_AS(output_of(script, {.environment = {"=1"}}), std::invalid_argument);
    });
}

TEST_CASE("a child runs in the directory it is given, and relative programs are looked for there", "[process]") {
    in_fibers([] {
        scratch_folder const folder;
        std::string const real = std::filesystem::canonical(folder.path());
        CHECK(output_of("pwd -P", {.directory = folder.path()}) == real + "\n");
        weft::run_process(shell("echo '#!/bin/sh\necho found' > tool; chmod +x tool"), {},
                          {.directory = folder.path()});
        CHECK(weft::run_process({"./tool"}, {}, {.directory = folder.path()}).out == "found\n");

        std::error_code ec;
        auto const nowhere = weft::process::start({"true"}, {.directory = folder / "no"}, ec);
        CHECK(ec == std::errc::no_such_file_or_directory);
        CHECK_FALSE(nowhere);
    });
}

TEST_CASE("the streams of a child are files, descriptors, the null device, or each other", "[process]") {
    in_fibers([] {
        using weft::stdio;
        scratch_folder const folder;
        std::string const file = folder / "file";
        auto const run = [](std::string script, weft::process_options options) {
            return weft::process(shell(std::move(script)), std::move(options)).wait().code();
        };
        CHECK(run("echo one", {.out = stdio::file(file)}) == 0);
        CHECK(run("echo two >&2", {.err = stdio::append(file)}) == 0);
        CHECK(output_of("cat", {.in = stdio::file(file)}) == "one\ntwo\n");
        CHECK(run("echo three; echo four >&2", {.out = stdio::file(file), .err = stdio::merge()}) == 0);
        CHECK(output_of("cat", {.in = stdio::file(file)}) == "three\nfour\n");
        CHECK(output_of("cat; echo gone", {.in = stdio::null(), .err = stdio::null()}) == "gone\n");
        CHECK(output_of("echo out; echo err >&2", {.err = stdio::merge()}) == "out\nerr\n");

        int const number = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        CHECK(output_of("cat", {.in = stdio::from(number)}) == "three\nfour\n");
        ::close(number);
        std::error_code ec;
        weft::process::start({"cat"}, {.in = stdio::from(number)}, ec);
        CHECK(ec == std::errc::bad_file_descriptor);
        weft::process::start({"cat"}, {.in = stdio::file(folder / "missing")}, ec);
        CHECK(ec == std::errc::no_such_file_or_directory);
        CHECK_THROWS_AS(run("", {.in = stdio::append(file)}), std::invalid_argument);
        CHECK_THROWS_AS(run("", {.out = stdio::merge()}), std::invalid_argument);
    });
}

// A parent's standard output may be the child's standard error and the other way round.
TEST_CASE("streams may be exchanged", "[process]") {
    in_fibers([] {
        weft::process const held({"cat"}, {.in = weft::stdio::pipe()});
        auto const result = weft::run_process(shell("exec 3>&1 1>&2 2>&3; echo to err; echo to out >&2"));
        CHECK(result.out == "to out\n");
        CHECK(result.err == "to err\n");
    });
}

TEST_CASE("a program that is missing, or cannot be run, is named with the system's reason", "[process]") {
    in_fibers([] {
        scratch_folder const folder;
        try {
            weft::process const child({"no-such-program-of-weft"});
            FAIL("it was started");
        } catch (std::system_error const& e) {
            CHECK(e.code() == std::errc::no_such_file_or_directory);
            CHECK(std::string(e.what()).find("no-such-program-of-weft") != std::string::npos);
        }
        std::error_code ec;
        weft::process::start({folder / "no"}, {}, ec);
        CHECK(ec == std::errc::no_such_file_or_directory);
        weft::process::start({folder.path()}, {}, ec);
        CHECK(ec == std::errc::permission_denied);
        weft::process::start({}, {}, ec);
        CHECK(ec == std::errc::invalid_argument);
        weft::process::start({std::string("true\0x", 6)}, {}, ec);
        CHECK(ec == std::errc::invalid_argument);
        weft::run_process({"no-such-program-of-weft"}, {}, {}, ec);
        CHECK(ec == std::errc::no_such_file_or_directory);
        CHECK(weft::run_process({"true"}, {}, {}, ec).status.success());
        CHECK_FALSE(ec);
    });
}

TEST_CASE("a program is looked for in the folders of PATH", "[process]") {
    CHECK(weft::look_path("sh").ends_with("/sh"));
    CHECK(weft::look_path("./as/it/is") == "./as/it/is");
    std::error_code ec;
    CHECK(weft::look_path("no-such-program-of-weft", ec).empty());
    CHECK(ec == std::errc::no_such_file_or_directory);
    CHECK(weft::look_path("", ec).empty());
    CHECK(ec == std::errc::no_such_file_or_directory);
    CHECK_THROWS_AS(weft::look_path("no-such-program-of-weft"), std::system_error);

    scratch_folder const folder;
    std::string const before = std::getenv("PATH");
    ::setenv("PATH", ("relative::" + folder.path() + ":" + before).c_str(), 1);
    std::filesystem::create_directory(folder / "sh");  // no program
    CHECK(weft::look_path("sh") != folder / "sh");
    int const plain = ::open((folder / "weft-not-executable").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ::close(plain);
    weft::look_path("weft-not-executable", ec);
    CHECK(ec == std::errc::permission_denied);
    ::setenv("PATH", before.c_str(), 1);
}

TEST_CASE("signal mask and dispositions of a child are reset", "[process]") {
    in_fibers([] {
        auto const before = std::signal(SIGUSR1, SIG_IGN);
        // The lines are hexadecimal masks; workers block SIGPIPE.
        std::string const lines = output_of("grep -E '^Sig(Blk|Ign):' /proc/self/status");
        std::signal(SIGUSR1, before);
        CHECK(lines.find("SigBlk:\t0000000000000000") != std::string::npos);
        auto const ignored = std::stoull(lines.substr(lines.find("SigIgn:") + 8), nullptr, 16);
        CHECK((ignored & 1ULL << (SIGUSR1 - 1)) == 0);
        CHECK((ignored & 1ULL << (SIGPIPE - 1)) == 0);
    });
}

TEST_CASE("what nohup has set stays", "[process]") {
    auto const before = std::signal(SIGHUP, SIG_IGN);
    in_fibers([] { CHECK(weft::process(shell("kill -HUP $$; exit 7")).wait() == weft::exit_status::exited(7)); });
    std::signal(SIGHUP, before);
}

TEST_CASE("a child that does not read its input is an error of the write, and none of run_process", "[process][C53]") {
    in_fibers([] {
        weft::process child(shell("exec 0<&-; echo closed"), {.in = weft::stdio::pipe(), .out = weft::stdio::pipe()});
        std::string text(7, '\0');
        CHECK(child.output().read_exact(writable(text)) == 7);
        std::error_code ec;
        child.input().write_all(weft::as_bytes(std::string(1 << 20, 'x')), ec);
        CHECK(ec == std::errc::broken_pipe);
        CHECK(weft::run_process({"true"}, std::string(1 << 20, 'x')).status.success());
    });
}

TEST_CASE("a process is started by a fiber", "[process]") {
    CHECK_THROWS_AS(weft::process({"true"}), weft::runtime_stopped);
}
