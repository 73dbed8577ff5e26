// What reports say beyond each fiber's own line: who holds, who is joined, circles, and waits that nobody can end.

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <weft/chan.hpp>
#include <weft/dump.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/sync.hpp>
#include <weft/this_fiber.hpp>

#include "support/child.hpp"
#include "support/fixture.hpp"

using weft::make_chan;
using weft_test::child;
using weft_test::child_end;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

constexpr int deadlock_status = 2;

std::string dump() {
    std::string text;
    weft::dump_fibers(text);
    return text;
}

// The line that names `who` first.
std::string line_of(std::string const& text, std::string const& who) {
    std::size_t const at = text.find("  fiber \"" + who + "\"");
    return at == std::string::npos ? std::string() : text.substr(at, text.find('\n', at) - at);
}

bool says(std::string const& text, std::string const& what) { return text.find(what) != std::string::npos; }

// Two that lock in opposite orders, and two beside them.
child const embrace{"report: mutexes in opposite orders", [] {
                        weft::run([] {
                            weft::mutex left, right;
                            auto const both_hold = make_chan<weft::unit>(2);
                            auto const go_on = make_chan<weft::unit>();
                            auto const lock_both = [&](weft::mutex& first, weft::mutex& second) {
                                std::scoped_lock const outer(first);
                                both_hold.send({});
                                go_on.recv();
                                std::scoped_lock const inner(second);
                            };
                            weft::go({.name = "warp"}, [&] { lock_both(left, right); });
                            weft::go({.name = "weft"}, [&] { lock_both(right, left); });
                            both_hold.recv(), both_hold.recv();
                            go_on.close();
                            weft::go({.name = "bystander"}, [&] { left.lock(); });
                            make_chan<int>().recv();
                        });
                        return 0;
                    }};

}  // namespace

TEST_CASE("a deadlock of mutexes is named as the circle it is", "[deadlock][sync][child][C40]") {
    for (char const* workers : {"WEFT_WORKERS=1", "WEFT_WORKERS=2", "WEFT_WORKERS=8"}) {
        child_end const end = embrace.run({workers});
        INFO(workers << "\n" << end.err);
        CHECK(end.exit_status == deadlock_status);
        CHECK(says(line_of(end.err, "warp"), "waiting: mutex lock"));
        CHECK(says(line_of(end.err, "warp"), "held by \"weft\" #"));
        CHECK(says(line_of(end.err, "weft"), "held by \"warp\" #"));
        CHECK(says(line_of(end.err, "bystander"), "held by \"warp\" #"));
        CHECK(says(line_of(end.err, "warp"), " ms"));
        std::size_t const circle = end.err.find("these wait for each other: ");
        REQUIRE(circle != std::string::npos);
        CHECK(says(end.err.substr(circle), "\"warp\""));
        CHECK(says(end.err.substr(circle), "\"weft\""));
        CHECK_FALSE(says(end.err.substr(circle), "bystander"));  // it waits for the circle, outside of it
    }
}

TEST_CASE("a dump names a circle of a mutex and a join, until somebody breaks it", "[report][sync]") {
    in_fibers([] {
        weft::mutex desk;
        weft::fiber<> typist;
        auto const locked = make_chan<weft::unit>(), typing = make_chan<weft::unit>();
        auto clerk = weft::spawn({.name = "clerk"}, [&] {
            std::scoped_lock const mine(desk);
            locked.send({});
            typing.recv();
            typist.join();
        });
        locked.recv();
        typist = weft::spawn({.name = "typist"}, [&] { std::scoped_lock const waits(desk); });
        until_parked(2);
        CHECK_FALSE(says(dump(), "these wait for each other"));
        typing.send({});
        until_parked(2);
        std::string const text = dump();
        INFO(text);
        CHECK(says(line_of(text, "clerk"), "for the end of \"typist\" #"));
        CHECK(says(line_of(text, "typist"), "held by \"clerk\" #"));
        CHECK(says(text, "these wait for each other"));
        clerk.cancel();
        CHECK_THROWS_AS(clerk.join(), weft::cancelled);
        typist.join();
        CHECK_FALSE(says(dump(), "these wait for each other"));
    });
}

TEST_CASE("a wait on a channel that only its waiters know is called leaked", "[report][channel]") {
    in_fibers([] {
        auto known = make_chan<int>();
        auto const wait_on = [](weft::chan<int> const& ch, char const* name) {
            return weft::spawn({.name = name}, [ch] {
                try {
                    ch.recv();
                } catch (weft::cancelled const&) {}
            });
        };
        auto served = wait_on(known, "served");
        auto alone = make_chan<int>();
        auto first = wait_on(alone, "first"), second = wait_on(alone, "second");
        until_parked(3);
        CHECK_FALSE(says(dump(), "leaked"));  // there is a handle to each
        alone = {};
        std::string const text = dump();
        INFO(text);
        CHECK(says(line_of(text, "first"), "leaked"));
        CHECK(says(line_of(text, "second"), "leaked"));
        CHECK_FALSE(says(line_of(text, "served"), "leaked"));
        known.send(1);
        served.join();
        first.cancel(), second.cancel();
        first.join(), second.join();
    });
}

TEST_CASE("a mutex that a thread holds, or that changed hands, is not another fiber's", "[report][sync]") {
    in_fibers([] {
        weft::mutex mutex;
        mutex.lock();
        auto waiter = weft::spawn({.name = "waiter"}, [&] { std::scoped_lock const mine(mutex); });
        auto const me = weft::this_fiber::get_id();
        until_parked(1);
        CHECK(says(line_of(dump(), "waiter"), "held by \"main\" #" + std::to_string(me)));
        mutex.unlock();
        waiter.join();

        std::thread([&] { mutex.lock(); }).join();
        auto behind_a_thread = weft::spawn({.name = "waiter"}, [&] { std::scoped_lock const mine(mutex); });
        until_parked(1);
        std::string const text = dump();
        INFO(text);
        CHECK(says(line_of(text, "waiter"), "waiting: mutex lock"));
        CHECK_FALSE(says(line_of(text, "waiter"), "held by"));
        mutex.unlock();
        behind_a_thread.join();
    });
}

TEST_CASE("dumps may be taken while fibers come, wait and go", "[report][stress]") {
    in_fibers([] {
        std::atomic<bool> done = false;
        weft::mutex mutex;
        auto const ch = make_chan<int>(1);
        std::vector<weft::fiber<>> busy;
        for (int i = 0; i != 6; ++i)
            busy.push_back(weft::spawn([&, i] {
                while (!done) {
                    auto const mine = make_chan<int>();  // gone as soon as its receiver is served
                    auto child = weft::spawn([mine] { mine.recv(); });
                    {
                        std::scoped_lock const guard(mutex);
                        if (i % 2 == 0) weft::this_fiber::yield();
                    }
                    (void)ch.try_send(i);
                    std::optional<int> slot;
                    (void)ch.try_recv(slot);
                    mine.send(i);
                    child.join();
                }
            }));
        std::string text;
        for (int i = 0; i != weft_test::sized(300, 200, 50); ++i) {
            text.clear();
            weft::dump_fibers(text);
            if (says(text, "these wait for each other")) FAIL(text);
            weft::this_fiber::yield();
        }
        CHECK(says(text, "running or runnable"));
        done = true;
        for (auto& fiber : busy) fiber.join();
    });
}
