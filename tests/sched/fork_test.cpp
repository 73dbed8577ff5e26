// A child of fork, in which none of weft's threads live. Each in a process of its own, for which a fork is a fresh beginning.

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/build.hpp"
#include "support/catch.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::child_end;

namespace {

// What becomes of a child that does `act`: the signal that ended it, or 100 and its exit status.
template <class Act>
int fate(Act const& act) {
    pid_t const forked = ::fork();
    if (forked == 0) {
        ::alarm(30);
        act();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(forked, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 100 + WEXITSTATUS(status);
}

bool is_stopped(int fate) { return fate == SIGABRT; }

child const from_a_fiber{"fork: from a fiber", [] {
                             return weft::run([] {
                                 bool stopped = is_stopped(fate([] { weft::go([] {}); }));
                                 stopped = is_stopped(fate([] { weft::spawn([] {}).join(); })) && stopped;
                                 stopped = is_stopped(fate([] { weft::this_fiber::sleep_for(1h); })) && stopped;
                                 stopped = is_stopped(fate([] { weft::run([] {}); })) && stopped;
                                 return stopped ? 7 : 1;
                             });
                         }};

child const beside_a_runtime{"fork: beside a runtime", [] {
                                 weft::runtime rt;
                                 auto fiber = rt.spawn([] { weft::this_fiber::sleep_for(1h); });
                                 bool stopped = is_stopped(fate([&] { fiber.join(); }));
                                 stopped = is_stopped(fate([&] { rt.run([] {}); })) && stopped;
                                 fiber.cancel();
                                 return stopped ? 7 : 1;
                             }};

child const body_returns{"fork: the fiber returns in the child", [] {
                             pid_t forked = -1;
                             weft::run([&] {
                                 forked = ::fork();
                                 if (forked == 0) ::alarm(30);
                             });
                             int status = 0;
                             ::waitpid(forked, &status, 0);
                             return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? 7 : 1;
                         }};

child const without_runtime{"fork: without a runtime", [] {
                                weft::run([] {});
                                return fate([] { ::_exit(weft::run([] { return 7; })); }) - 100;
                            }};

}  // namespace

TEST_CASE("after fork without exec a call that needs the runtime stops with a message", "[fork][child]") {
    if (weft_test::under_tsan) return;  // TSan has its own opinion of a fork beside threads
    for (child const* program : {&from_a_fiber, &beside_a_runtime, &body_returns}) {
        child_end const end = program->run();
        INFO(end.err);
        CHECK(end.exit_status == 7);
        CHECK(end.says("after fork call exec or _exit"));
    }
}

TEST_CASE("a child that is forked while no runtime lives may use weft", "[fork][child]") {
    if (weft_test::under_tsan) return;
    child_end const end = without_runtime.run();
    INFO(end.err);
    CHECK(end.exit_status == 7);
}
