// How children end: waited for, killed, cancelled, forgotten. None may stay behind, not even as a zombie.

#include <weft/process.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/child.hpp"
#include "support/descriptors.hpp"
#include "support/fixture.hpp"
#include "system_table.hpp"

using namespace weft_test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> const for_ever{"sleep", "1000"};

bool has_children() {
    siginfo_t about{};
    return ::waitid(P_ALL, 0, &about, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

// A shell that says when it is ready, so that its traps are set.
weft::process ready_shell(std::string const& script, weft::process_options options = {}) {
    options.in = options.out = weft::stdio::pipe();
    weft::process child({"sh", "-c", script}, std::move(options));
    std::string text(6, '\0');
    if (child.output().read_exact(writable(text)) != 6) throw std::runtime_error("the shell has ended");
    return child;
}
// They wait in themselves: a child of theirs would outlive them.
std::string const stubborn = "trap '' TERM; echo ready; read never";
std::string const orderly = "trap 'exit 5' TERM; echo ready; read never";

// A table without descriptors for processes, while it lives.
class without_pidfd {
public:
    without_pidfd() { weft::detail::installed_system.store(&table_); }
    ~without_pidfd() { weft::detail::installed_system.store(&weft::detail::real_system); }
    without_pidfd(without_pidfd const&) = delete;

private:
    static weft::detail::system_table lacking() {
        weft::detail::system_table table;
        table.pidfd_open = [](pid_t, unsigned) {
            errno = ENOSYS;
            return -1;
        };
        return table;
    }
    weft::detail::system_table const table_ = lacking();
};

}  // namespace

TEST_CASE("an exit status tells how a child ended", "[process]") {
    using weft::exit_status;
    CHECK(exit_status().success());
    CHECK(exit_status::exited(3).code() == 3);
    CHECK_FALSE(exit_status::exited(3).success());
    CHECK(exit_status::exited(3).signal() == 0);
    CHECK(exit_status::exited(3).to_string() == "exit code 3");
    CHECK(exit_status::signalled(SIGTERM).signalled());
    CHECK(exit_status::signalled(SIGTERM).code() == -1);
    CHECK(exit_status::signalled(SIGTERM).to_string() == "signal 15 (Terminated)");
    CHECK(exit_status::signalled(SIGABRT, true).dumped_core());
    CHECK(exit_status::exited(1) != exit_status::signalled(1));
    in_fibers([] {
        CHECK(weft::process({"sh", "-c", "exit 42"}).wait() == exit_status::exited(42));
        CHECK(weft::process({"sh", "-c", "kill -KILL $$"}).wait() == exit_status::signalled(SIGKILL));
    });
}

TEST_CASE("any number may wait for a child, also plain threads, and all learn how it ended", "[process]") {
    in_fibers([] {
        weft::process child({"sh", "-c", "read line; exit 9"}, {.in = weft::stdio::pipe()});
        std::vector<weft::fiber<weft::exit_status>> waiting;
        for (int i = 0; i != 5; ++i) waiting.push_back(weft::spawn([&child] { return child.wait(); }));
        weft::exit_status on_thread;
        std::thread plain([&] { on_thread = child.wait(); });
        until_parked(5);
        child.input().close();
        for (auto& f : waiting) CHECK(f.join() == weft::exit_status::exited(9));
        weft::blocking([&] { plain.join(); });
        CHECK(on_thread == weft::exit_status::exited(9));
        CHECK_FALSE(child.kill(SIGKILL));
    });
}

TEST_CASE("waiting for a child until a deadline leaves it alone", "[process]") {
    in_fibers([] {
        weft::process child(for_ever);
        CHECK_FALSE(child.wait_until(past()));
        CHECK_FALSE(child.wait_for(1ms));
        CHECK_FALSE(child.try_wait());
        CHECK(child.kill(SIGINT));
        CHECK(child.wait_for(1min));
        CHECK(child.try_wait() == weft::exit_status::signalled(SIGINT));
    });
}

TEST_CASE("the end of a child stands in a select", "[process][C25]") {
    in_fibers([] {
        weft::process child(for_ever);
        auto const quit = weft::make_chan<int>();
        CHECK(weft::select(weft::on_exit(child), weft::on_timeout(1ms)) == 1);
        auto killing = weft::spawn([&child] {
            until_parked(1);
            child.kill(SIGKILL);
        });
        bool ran = false;
        CHECK(weft::select(weft::on_recv(quit, [](auto) {}), weft::on_exit(child, [&] { ran = true; })) == 1);
        CHECK(ran);
        killing.join();
        CHECK(child.wait() == weft::exit_status::signalled(SIGKILL));
        CHECK(weft::select(weft::on_exit(child), weft::otherwise()) == 0);
        weft::process none;
        CHECK(weft::select(weft::on_exit(none), weft::otherwise()) == 0);
    });
}

TEST_CASE("terminate asks, and kills who does not listen", "[process]") {
    in_fibers([] {
        auto polite = ready_shell(orderly);
        CHECK(polite.terminate(1min) == weft::exit_status::exited(5));
        CHECK(polite.terminate(1min) == weft::exit_status::exited(5));
        auto deaf = ready_shell(stubborn);
        auto const start = weft::clock::now();
        CHECK(deaf.terminate(30ms) == weft::exit_status::signalled(SIGKILL));
        CHECK(weft::clock::now() - start >= 30ms);
    });
}

TEST_CASE("cancelling a wait ends the child first, with its grace period", "[process]") {
    in_fibers([] {
        weft::process child(for_ever, {.grace = 1min});
        auto waiting = weft::spawn([&child] { child.wait(); });
        until_parked(1);
        waiting.cancel();
        CHECK_THROWS_AS(waiting.join(), weft::cancelled);
        CHECK(child.try_wait() == weft::exit_status::signalled(SIGTERM));

        auto deaf = ready_shell(stubborn, {.grace = 10ms});
        CHECK_THROWS_AS(weft::with_timeout(5ms, [&] { deaf.wait(); }), weft::deadline_exceeded);
        CHECK(deaf.try_wait() == weft::exit_status::signalled(SIGKILL));

        weft::process third(for_ever, {.grace = 1min});
        std::error_code ec;
        weft::with_timeout(1ms, [&] { third.wait(ec); });
        CHECK(ec == std::errc::timed_out);
        CHECK(third.try_wait() == weft::exit_status::signalled(SIGTERM));
    });
    CHECK_FALSE(has_children());
}

TEST_CASE("cancelling run_process ends the program", "[process]") {
    in_fibers([] {
        auto running = weft::spawn([] { weft::run_process(for_ever); });
        until_parked(3);
        running.cancel();
        CHECK_THROWS_AS(running.join(), weft::cancelled);
        std::error_code ec;
        weft::with_timeout(5ms, [&] { weft::run_process({"cat"}, {}, {.in = weft::stdio::pipe()}, ec); });
        CHECK_FALSE(has_children());
    });
}

TEST_CASE("a process that is destroyed, assigned or given up leaves no zombie and no descriptor", "[process]") {
    in_fibers([] {
        std::size_t const before = descriptors_in_use();
        for (int i = 0; i != sized(30, 20, 5); ++i) {
            weft::process child(for_ever, {.in = weft::stdio::pipe(), .out = weft::stdio::pipe()});
            weft::process other(std::move(child));
            CHECK_FALSE(child);
            child = weft::process({"true"});
            other = std::move(child);
            CHECK(other.wait().success());
        }
        CHECK(descriptors_in_use() == before);
        CHECK_FALSE(has_children());
    });
}

TEST_CASE("the destructor in a cancelled fiber still waits for the end", "[process][C39]") {
    in_fibers([] {
        auto holding = weft::spawn([] {
            weft::process const child(for_ever);
            weft::make_chan<int>().recv();
        });
        until_parked(1);
        holding.cancel();
        CHECK_THROWS_AS(holding.join(), weft::cancelled);
        CHECK_FALSE(has_children());
    });
}

TEST_CASE("signals reach the whole group of a child that leads one", "[process]") {
    in_fibers([] {
        // The shell's child holds the pipe open for as long as it lives.
        weft::process child({"sh", "-c", "sleep 1000 & echo ready; wait"},
                            {.out = weft::stdio::pipe(), .own_group = true});
        std::string text(6, '\0');
        CHECK(child.output().read_exact(writable(text)) == 6);
        CHECK(child.kill(SIGTERM));
        CHECK(child.output().read_some(writable(text)) == 0);
        CHECK(child.wait() == weft::exit_status::signalled(SIGTERM));
    });
}

TEST_CASE("a process outlives its runtime and is ended by whoever destroys it", "[process]") {
    with_workers([](weft::runtime_options options) {
        weft::process kept;
        weft::run([&] { kept = weft::process(for_ever, {.grace = 10ms}); }, options);
        CHECK_FALSE(kept.wait_for(1ms));
        weft::run([&] { CHECK_FALSE(kept.wait_for(1ms)); }, options);
        CHECK(kept.kill(SIGINT));
        CHECK(kept.wait() == weft::exit_status::signalled(SIGINT));
        weft::run([&] { kept = weft::process(for_ever, {.grace = 10ms}); }, options);
        kept = {};
        CHECK_FALSE(has_children());
    });
}

TEST_CASE("without descriptors for processes a thread waits in their place", "[process]") {
    without_pidfd const lacking;
    in_fibers([] {
        CHECK(weft::run_process({"cat"}, "as ever").out == "as ever");
        weft::process child(for_ever);
        CHECK(weft::select(weft::on_exit(child), weft::on_timeout(1ms)) == 1);
        auto waiting = weft::spawn([&child] { return child.wait(); });
        until_parked(1);
        CHECK(child.kill(SIGKILL));
        CHECK(waiting.join() == weft::exit_status::signalled(SIGKILL));
        weft::process const forgotten(for_ever);
    });
    CHECK_FALSE(has_children());
}

TEST_CASE("a child that somebody else has waited for is an error", "[process]") {
    in_fibers([] {
        weft::process child({"true"});
        weft::blocking([&] { ::waitpid(child.id(), nullptr, 0); });
        std::error_code ec;
        child.wait(ec);
        CHECK(ec == std::errc::no_child_process);
        weft::process none;
        CHECK_THROWS_AS(none.wait(), std::system_error);
        none.wait(ec);
        CHECK(ec == std::errc::no_child_process);
    });
}

namespace {

child const waits_for_child{"process: all others asleep", [] {
                                weft::run([] {
                                    weft::process child({"sleep", "0.4"});
                                    auto waiting = weft::spawn([&] { return child.wait().code(); });
                                    return waiting.join();
                                });
                                return 7;
                            }};

}  // namespace

TEST_CASE("a program that waits for a child is not taken for dead", "[process][C40]") {
    auto const end = waits_for_child.run();
    CHECK(end.exit_status == 7);
    CHECK(end.err.empty());
}
