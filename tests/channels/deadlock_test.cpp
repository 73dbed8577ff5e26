// When all fibers are asleep: the report, and the programs that must not be taken for dead. Each runs in a process of its own,
// because the fixture's watchdog is a thread that might wake somebody, for all the runtime knows.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>
#include <weft/blocking.hpp>
#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/detail/diagnostics.hpp>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/this_fiber.hpp>

#include "support/catch.hpp"
#include "support/child.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::child_end;

namespace {

constexpr int deadlock_status = 2;

weft::runtime_options with(unsigned workers) {
    weft::runtime_options options;
    options.workers = workers;
    return options;
}

// Long enough for a runtime that would take the program for dead. A plain thread blocks here.
void take_a_while() { weft::this_fiber::sleep_for(300ms); }

// The number of workers is the environment's, so that one child serves for all.
int two_receivers() {
    weft::run([] {
        auto const ch = weft::make_chan<int>();
        auto stuck = weft::spawn({.name = "shuttle"}, [ch] { ch.recv(); });
        ch.recv();
    });
    return 0;
}

child const stuck_in_recv{"deadlock: receive", two_receivers};

child const stuck_everywhere{"deadlock: every kind of wait", [] {
                                 weft::run([] {
                                     auto const ch = weft::make_chan<int>();
                                     weft::mutex mutex;
                                     weft::wait_group group;
                                     group.add();
                                     mutex.lock();
                                     weft::go({.name = "receiver"}, [=] { ch.recv(); });
                                     weft::go({.name = "nil sender"}, [] { weft::chan<int>().send(1); });
                                     weft::go({.name = "chooser"}, [=] {
                                         weft::select(weft::on_recv(ch, [](std::optional<int>) {}),
                                                      weft::on_recv(weft::chan<int>(), [](auto) {}));
                                     });
                                     weft::go({.name = "locker"}, [&] { mutex.lock(); });
                                     weft::go({.name = "group waiter"}, [&] { group.wait(); });
                                     auto never = weft::spawn({.name = "yarn"}, [=] { ch.recv(); });
                                     never.join();
                                 });
                                 return 0;
                             }};

// Neither ends by itself: the alarm does it.
int deadlock_until_alarm(weft::deadlock_action action) {
    auto options = with(2);
    options.on_deadlock = action;
    ::alarm(1);
    weft::run([] { weft::make_chan<int>().recv(); }, options);
    return 0;
}

child const told_to_warn{"deadlock: warn", [] { return deadlock_until_alarm(weft::deadlock_action::warn); }};
child const told_to_ignore{"deadlock: ignore", [] { return deadlock_until_alarm(weft::deadlock_action::ignore); }};

child const thread_alive{"no deadlock: a thread will send", [] {
                             auto const ch = weft::make_chan<int>();
                             std::thread sender([ch] { take_a_while(), ch.send(7); });
                             int const got = weft::run([ch] { return ch.recv().value(); });
                             sender.join();
                             return got;
                         }};

child const thread_in_getchar{
    "no deadlock: a thread reads the input", [] {
        auto const ch = weft::make_chan<int>();
        int ends[2];
        if (::pipe(ends) != 0) return 1;
        std::thread reader([ch, input = ends[0]] {
            char byte = 0;
            if (::read(input, &byte, 1) == 1) ch.send(byte);
        });
        std::thread writer([output = ends[1]] { take_a_while(), (void)!::write(output, "\7", 1); });
        int const got = weft::run([ch] { return ch.recv().value(); });
        reader.join(), writer.join();
        return got;
    }};

child const thread_holds_stream{
    "no deadlock: a thread holds a stream's lock", [] {
        auto const ch = weft::make_chan<int>();
        int ends[2];
        if (::pipe(ends) != 0) return 1;
        std::thread reader([input = ::fdopen(ends[0], "r")] { (void)std::getc(input); });  // until the end
        std::thread sender([ch] { take_a_while(), ch.send(7); });
        int const got = weft::run([ch] { return ch.recv().value(); });
        ::close(ends[1]);
        reader.join(), sender.join();
        return got;
    }};

child const two_runtimes{
    "no deadlock: two runtimes share a channel", [] {
        auto const ch = weft::make_chan<int>();
        int got = 0;
        std::thread other([&] { got = weft::run([ch] { return ch.recv().value(); }, with(1)); });
        weft::run(
            [ch] {
                weft::this_fiber::sleep_for(300ms);  // meanwhile the other runtime has nobody awake
                ch.send(7);
            },
            with(1));
        other.join();
        return got;
    }};

child const runtimes_come_and_go{"no deadlock: runtimes come and go", [] {
                                     constexpr int rounds = 30;
                                     auto const ch = weft::make_chan<int>();
                                     std::thread other([ch] {
                                         weft::run(
                                             [ch] {
                                                 for (int i = 0; i != rounds; ++i) ch.recv();
                                             },
                                             with(1));
                                     });
                                     for (int i = 0; i != rounds; ++i) {
                                         // The other one looks for a deadlock when it has been idle for 10 ms: amid
                                         // the start of a runtime by this thread.
                                         auto const until = weft::clock::now() + 13ms;
                                         while (weft::clock::now() < until) weft::runtime const starting(with(2));
                                         ch.send(i);
                                     }
                                     other.join();
                                     return 7;
                                 }};

child const both_runtimes_stuck{"deadlock: two runtimes", [] {
                                    auto const ch = weft::make_chan<int>();
                                    std::thread other([&] { weft::run([ch] { ch.recv(); }, with(1)); });
                                    weft::run([ch] { ch.recv(); }, with(1));
                                    other.join();
                                    return 0;
                                }};

child const timer_pending{"no deadlock: a timer", [] {
                              return weft::run([] {
                                  auto const ch = weft::make_chan<int>();
                                  auto sleeper = weft::spawn([ch] { weft::this_fiber::sleep_for(300ms), ch.send(7); });
                                  int const got = ch.recv().value();
                                  sleeper.join();
                                  return got;
                              });
                          }};

child const deadline_of_thread{"no deadlock: a deadline that a plain thread has set", [] {
                                   auto const [ctx, cancel] = weft::with_timeout({}, 300ms);
                                   weft::run([&ctx = ctx] { ctx.done().recv(); });
                                   return 7;
                               }};

// The worker that falls asleep last, and looks, finds the other's timer.
int stuck_after_timer() {
    weft::run(
        [] {
            auto const [ctx, cancel] = weft::with_timeout({}, 200ms);
            std::atomic<bool> started = false;
            weft::go([&] {
                started = true;
                while (weft::detail::parked_fibers() == 0) {}
                weft::make_chan<int>().recv();
            });
            while (!started) {}
            weft::make_chan<int>().recv();
        },
        with(2));
    return 7;
}

int stuck_after_deadline_of_thread() {
    auto const [ctx, cancel] = weft::with_timeout({}, 200ms);
    weft::run([] { weft::make_chan<int>().recv(); });
    return 7;
}

child const timer_for_nobody{"deadlock: after a timer that wakes nobody", stuck_after_timer};
child const deadline_for_nobody{"deadlock: after a thread's deadline that wakes nobody",
                                stuck_after_deadline_of_thread};

child const blocking_pending{
    "no deadlock: a blocking call", [] {
        return weft::run([] {
            auto const ch = weft::make_chan<int>();
            auto sleeper = weft::spawn([ch] { ch.send(weft::blocking([] { return take_a_while(), 7; })); });
            int const got = ch.recv().value();
            sleeper.join();
            return got;
        });
    }};

child const owner_outside_run{"no deadlock: the runtime's owner has not called run", [] {
                                  weft::runtime rt(with(2));
                                  auto const ch = weft::make_chan<int>();
                                  rt.go([ch] { ch.recv(); });
                                  take_a_while();
                                  ch.send(1);
                                  return rt.run([] { return 7; });
                              }};

void check_survived(child const& program) {
    for (char const* workers : {"WEFT_WORKERS=1", "WEFT_WORKERS=2", "WEFT_WORKERS=8"}) {
        child_end const end = program.run({workers});
        INFO(workers << "\n" << end.err);
        CHECK(end.exit_status == 7);
    }
}

}  // namespace

TEST_CASE("all fibers asleep is reported and ends the program", "[deadlock][child][C40]") {
    for (char const* workers : {"WEFT_WORKERS=1", "WEFT_WORKERS=2", "WEFT_WORKERS=8"}) {
        child_end const end = stuck_in_recv.run({workers});
        INFO(workers << "\n" << end.err);
        CHECK_FALSE(end.timed_out);
        CHECK(end.exit_status == deadlock_status);
        CHECK(end.says("all fibers are asleep: deadlock"));
        CHECK(end.says("shuttle"));
        CHECK(end.says("deadlock_test.cpp:"));  // where it was started
    }
}

TEST_CASE("the deadlock report says who waits for what", "[deadlock][child][C40]") {
    child_end const end = stuck_everywhere.run();
    INFO(end.err);
    CHECK(end.exit_status == deadlock_status);
    for (char const* name : {"receiver", "nil sender", "chooser", "locker", "group waiter", "yarn"})
        CHECK(end.says(name));
    for (char const* reason : {"receive", "nil channel", "select", "mutex", "wait_group", "join"})
        CHECK(end.says(reason));
}

TEST_CASE("two runtimes that are both asleep are a deadlock", "[deadlock][child][C40]") {
    // The caller of the second run is a thread of this program, but it waits in run like the first.
    child_end const end = both_runtimes_stuck.run();
    INFO(end.err);
    CHECK(end.exit_status == deadlock_status);
    CHECK(end.says("all fibers are asleep: deadlock"));
}

TEST_CASE("a deadlock may be warned of or ignored", "[deadlock][child][options][C40]") {
    child_end const warned = told_to_warn.run();
    INFO(warned.err);
    CHECK(warned.signal == SIGALRM);
    CHECK(warned.says("asleep"));

    child_end const ignored = told_to_ignore.run();
    CHECK(ignored.signal == SIGALRM);
    CHECK_FALSE(ignored.says("asleep"));
}

TEST_CASE("a program with a foreign thread is not taken for dead", "[deadlock][child][thread][C40]") {
    check_survived(thread_alive);
    check_survived(thread_in_getchar);
    check_survived(thread_holds_stream);
}

TEST_CASE("a runtime that another one may wake is not taken for dead", "[deadlock][child][C40]") {
    check_survived(two_runtimes);
    check_survived(owner_outside_run);
    check_survived(runtimes_come_and_go);
}

TEST_CASE("a program with a timer or a blocking call pending is not taken for dead", "[deadlock][child][C40]") {
    check_survived(timer_pending);
    check_survived(deadline_of_thread);
    check_survived(blocking_pending);
}

TEST_CASE("a deadlock is seen once the last timer has fired and woken nobody", "[deadlock][child][C40]") {
    auto const check_stuck = [](child const& program) {
        child_end const end = program.run();
        INFO(end.err);
        CHECK_FALSE(end.timed_out);
        CHECK(end.exit_status == deadlock_status);
    };
    if (!weft_test::forced_migration)
        check_stuck(timer_for_nobody);  // the spinning fiber could be bound to the waiting one's worker
    check_stuck(deadline_for_nobody);
}
