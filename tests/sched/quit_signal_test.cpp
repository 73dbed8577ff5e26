// SIGQUIT, each in a process of its own.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <weft/blocking.hpp>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::child_end;

namespace {

constexpr unsigned give_up = 60;  // seconds

// TSan keeps a signal that comes while a thread is in a call that it does not know, a futex say, until that is over.
constexpr bool signals_arrive = !weft_test::under_tsan;

// Sends itself the signal, waits for what is printed of two fibers, and shows it on standard output.
void ask_and_show() {
    constexpr int lines = 3;
    int ends[2];
    int const terminal = ::dup(STDERR_FILENO);
    if (::pipe(ends) != 0 || ::dup2(ends[1], STDERR_FILENO) < 0) ::_exit(1);
    ::kill(::getpid(), SIGQUIT);
    std::string text;
    char buffer[256];
    while (std::ranges::count(text, '\n') != lines) {
        ssize_t const got = ::read(ends[0], buffer, sizeof buffer);
        if (got > 0) text.append(buffer, static_cast<std::size_t>(got));
    }
    ::dup2(terminal, STDERR_FILENO);
    ::close(ends[0]), ::close(ends[1]), ::close(terminal);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

int show_twice_and_go_on() {
    ::alarm(give_up);
    return weft::run([] {
        auto weaver = weft::spawn({.name = "weaver"}, [] { weft::this_fiber::sleep_for(1h); });
        weft::blocking([] { ask_and_show(); });
        weft::this_fiber::sleep_for(300ms);  // by now the monitor rests, if nothing else runs
        weft::blocking([] { ask_and_show(); });
        weaver.cancel();
        return 7;
    });
}

std::atomic<int> seen_by_others = 0;

int chain(weft::sigquit_action action) {
    ::alarm(give_up);
    std::signal(SIGQUIT, [](int) { seen_by_others = 1; });
    weft::runtime_options options;
    options.on_sigquit = action;
    weft::run(
        [] {
            auto weaver = weft::spawn({.name = "weaver"}, [] { weft::this_fiber::sleep_for(1h); });
            weft::blocking([] { ask_and_show(); });
        },
        options);
    return seen_by_others == 1 ? 7 : 1;
}

int quit_after_report() {
    ::alarm(give_up);
    weft::runtime_options options;
    options.on_sigquit = weft::sigquit_action::quit;
    weft::run(
        [] {
            ::kill(::getpid(), SIGQUIT);
            weft::this_fiber::sleep_for(1h);
        },
        options);
    return 0;
}

int signal_without_runtime() {
    weft::run([] {});
    ::kill(::getpid(), SIGQUIT);
    ::pause();
    return 0;
}

int signal_that_is_ignored() {
    std::signal(SIGQUIT, SIG_IGN);
    weft::run([] { ::kill(::getpid(), SIGQUIT); });
    return 7;
}

int signal_left_alone() {
    weft::run([] {
        ::kill(::getpid(), SIGQUIT);
        weft::this_fiber::sleep_for(1h);
    });
    return 0;
}

child const prints{"sigquit: print", show_twice_and_go_on};
child const prints_and_chains{"sigquit: print, chain", [] { return chain(weft::sigquit_action::print); }};
child const quits_not{"sigquit: quit, chain", [] { return chain(weft::sigquit_action::quit); }};
child const quits{"sigquit: quit", quit_after_report};
child const without_runtime{"sigquit: no runtime", signal_without_runtime};
child const ignored_before{"sigquit: ignored before", signal_that_is_ignored};
child const left_alone{"sigquit: left alone", signal_left_alone};

}  // namespace

TEST_CASE("SIGQUIT prints all fibers, and the program goes on", "[report][signal][child]") {
    if (!signals_arrive) return;
    for (char const* workers : {"WEFT_WORKERS=1", "WEFT_WORKERS=2", "WEFT_WORKERS=8"}) {
        child_end const end = prints.run({workers});
        INFO(workers << "\n" << end.out << end.err);
        CHECK(end.exit_status == 7);
        std::size_t const first = end.out.find("\"weaver\"");
        REQUIRE(first != std::string::npos);
        CHECK(end.out.find("\"weaver\"", first + 1) != std::string::npos);
        CHECK(end.out.find("quit_signal_test.cpp:") != std::string::npos);
        CHECK(end.out.find("waiting: sleep") != std::string::npos);
    }
}

TEST_CASE("SIGQUIT goes on to whoever handled it before", "[report][signal][child]") {
    if (!signals_arrive) return;
    for (child const* program : {&prints_and_chains, &quits_not}) {
        child_end const end = program->run();
        INFO(end.out << end.err);
        CHECK(end.exit_status == 7);
        CHECK(end.out.find("\"weaver\"") != std::string::npos);
    }
    CHECK(ignored_before.run().exit_status == 7);
}

TEST_CASE("SIGQUIT ends the process if it is told to, or while no runtime lives", "[report][signal][child][options]") {
    if (!signals_arrive) return;
    child_end const told = quits.run();
    INFO(told.err);
    CHECK(told.signal == SIGQUIT);
    CHECK(told.says("waiting: sleep"));

    child_end const unattended = without_runtime.run();
    CHECK(unattended.signal == SIGQUIT);

    child_end const alone = left_alone.run({"WEFT_ON_SIGQUIT=ignore"});
    CHECK(alone.signal == SIGQUIT);
    CHECK_FALSE(alone.says("fiber"));

    child_end const by_environment = left_alone.run({"WEFT_ON_SIGQUIT=quit"});
    CHECK(by_environment.signal == SIGQUIT);
    CHECK(by_environment.says("waiting: sleep"));
}
