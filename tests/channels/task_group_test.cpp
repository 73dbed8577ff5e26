// Task groups: joined together, stopped together, limited together.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/select.hpp>
#include <weft/task_group.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::task_group;
using weft::this_fiber::current_context;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

std::string failure_of(task_group& group) {
    try {
        group.wait();
        return "none";
    } catch (std::exception const& e) {
        return e.what();
    }
}

struct failing {
    char const* what;
    void operator()() const { throw std::runtime_error(what); }
};

void sleep_long() { weft::this_fiber::sleep_for(1h); }

}  // namespace

TEST_CASE("wait returns when every task has ended, and sees what they did", "[task_group][C33]") {
    in_fibers([] {
        std::vector<int> results(100);
        task_group group;
        group.wait();  // nothing to wait for
        for (int& result : results) group.go([&result, i = int(&result - results.data())] { result = i; });
        group.wait();
        for (int i = 0; i != 100; ++i) CHECK(results[static_cast<std::size_t>(i)] == i);
        group.go([&] { results[0] = 7; });
        group.wait();
        CHECK(results[0] == 7);
        CHECK_FALSE(group.ctx().error());
    });
}

TEST_CASE("the first exception stops the siblings and comes out of wait", "[task_group][C39]") {
    in_fibers([] {
        task_group group;
        std::atomic<int> stopped = 0;
        for (int i = 0; i != 5; ++i)
            group.go([&] {
                try {
                    sleep_long();
                } catch (weft::cancelled const&) {
                    ++stopped;
                    throw;
                }
            });
        until_parked(5);
        group.go(failing{"first"});
        CHECK(failure_of(group) == "first");
        CHECK(stopped == 5);
        CHECK(group.ctx().error() == std::errc::operation_canceled);
        CHECK_THROWS_AS(std::rethrow_exception(group.ctx().cause()), std::runtime_error);
        CHECK(failure_of(group) == "first");  // whoever waits is told

        group.go(sleep_long);  // starts cancelled
        group.go(failing{"too late"});
        CHECK(failure_of(group) == "first");
    });
}

TEST_CASE("a cancellation that escapes a task is no failure", "[task_group][C39]") {
    in_fibers([] {
        task_group group;
        group.go([] { weft::with_timeout(1ms, sleep_long); });
        group.wait();
        CHECK_FALSE(group.ctx().error());
        group.go(sleep_long);
        until_parked(1);
        group.cancel();
        group.wait();
        CHECK(group.ctx().error() == std::errc::operation_canceled);
        CHECK(group.ctx().cause() == nullptr);
    });
}

TEST_CASE("tasks run under the group's context, and it under the current one", "[task_group][context]") {
    in_fibers([] {
        auto const [ctx, cancel] = weft::with_cancel(weft::with_value({}, 8));
        weft::with_context(ctx, [&] {
            task_group group;
            CHECK(*group.ctx().value<int>() == 8);
            std::atomic<int> right = 0;
            group.go([&] { right += current_context() == group.ctx(); });
            group.go([&] { right += weft::spawn([&] { return current_context() == group.ctx(); }).join(); });
            CHECK(group.spawn([] { return *current_context().value<int>(); }).join() == 8);
            group.wait();
            CHECK(right == 2);
        });
        task_group under(ctx);
        under.go(sleep_long);
        until_parked(1);
        cancel();
        under.wait();
    });
}

TEST_CASE("a deadline bounds a group and whoever waits for it", "[task_group][context][cancel]") {
    in_fibers([] {
        std::atomic<int> timed_out = 0;
        CHECK_THROWS_AS(weft::with_timeout(2ms,
                                           [&] {
                                               task_group group;
                                               for (int i = 0; i != 3; ++i)
                                                   group.go([&] {
                                                       try {
                                                           sleep_long();
                                                       } catch (weft::deadline_exceeded const&) {
                                                           ++timed_out;
                                                       }
                                                   });
                                               weft::this_fiber::sleep_for(1h);
                                           }),
                        weft::deadline_exceeded);
        CHECK(timed_out == 3);
    });
}

TEST_CASE("the destructor cancels and joins", "[task_group][C39]") {
    in_fibers([] {
        std::atomic<int> alive = 0;
        struct presence {
            std::atomic<int>& count;
            explicit presence(std::atomic<int>& c) : count(c) { ++count; }
            ~presence() {
                weft::this_fiber::sleep_for(1us);
                --count;
            }
        };
        auto work = [&] {
            presence const here(alive);
            sleep_long();
        };
        {
            task_group group;
            for (int i = 0; i != 4; ++i) group.go(work);
            until_parked(4);
        }
        CHECK(alive == 0);
        CHECK_THROWS_AS(
            [&] {
                task_group group;
                group.go(work);
                until_parked(1);
                throw std::runtime_error("out of the scope");
            }(),
            std::runtime_error);
        CHECK(alive == 0);
        auto owner = weft::spawn([&] {
            task_group group;
            group.go(work);
            group.wait();
        });
        until_parked(2);
        owner.cancel();
        CHECK_THROWS_AS(owner.join(), weft::cancelled);
        CHECK(alive == 0);
    });
}

TEST_CASE("a spawned task has its own result, and its failure is also the group's", "[task_group]") {
    in_fibers([] {
        task_group group;
        auto number = group.spawn([] { return std::make_unique<int>(3); });
        CHECK(*number.join() == 3);
        int kept = 4;
        CHECK(&group.spawn([&]() -> int& { return kept; }).join() == &kept);

        auto alone = group.spawn(sleep_long);
        until_parked(1);
        alone.cancel();
        CHECK_THROWS_AS(alone.join(), weft::cancelled);
        CHECK_FALSE(group.ctx().error());

        group.go(sleep_long);
        auto broken = group.spawn([]() -> int { throw std::runtime_error("broken"); });
        CHECK_THROWS_AS(broken.join(), std::runtime_error);
        CHECK(failure_of(group) == "broken");
    });
}

TEST_CASE("never more tasks than the limit, and go waits for room", "[task_group]") {
    in_fibers([] {
        task_group group;
        group.set_limit(3);
        std::atomic<int> now = 0, most = 0, runs = 0;
        for (int i = 0; i != 60; ++i)
            group.go([&] {
                int const mine = ++now;
                for (int seen = most; seen < mine && !most.compare_exchange_weak(seen, mine);) {}
                weft::this_fiber::yield();
                ++runs;
                --now;
            });
        group.wait();
        CHECK(most <= 3);
        CHECK(runs == 60);
    });
}

TEST_CASE("try_go does nothing at the limit", "[task_group]") {
    in_fibers([] {
        task_group group;
        group.set_limit(2);
        auto const open = weft::make_chan<int>();
        CHECK(group.try_go([open] { open.recv(); }));
        CHECK(group.try_go([open] { open.recv(); }));
        std::atomic<bool> started = false;
        CHECK_FALSE(group.try_go([&] { started = true; }));
        open.send(1);
        open.send(1);
        group.wait();
        CHECK_FALSE(started);
        group.set_limit(0);
        for (int i = 0; i != 10; ++i) CHECK(group.try_go([] {}));
        group.wait();
    });
}

TEST_CASE("whoever waits for room can be cancelled, and those behind him still get it", "[task_group][cancel][C39]") {
    in_fibers([] {
        task_group group;
        group.set_limit(1);
        auto const open = weft::make_chan<int>();
        std::atomic<int> ran = 0;
        group.go([open] { open.recv(); });
        auto first = weft::spawn([&] { group.go([&] { ran += 1; }); });
        until_parked(2);
        auto second = weft::spawn([&] { group.go([&] { ran += 10; }); });
        until_parked(3);
        first.cancel();
        CHECK_THROWS_AS(first.join(), weft::cancelled);
        open.send(1);
        second.join();
        group.wait();
        CHECK(ran == 10);
    });
}

TEST_CASE("the limit of a group at work cannot be changed", "[task_group]") {
    in_fibers([] {
        task_group group;
        auto const open = weft::make_chan<int>();
        group.go([open] { open.recv(); });
        try {
            group.set_limit(4);
            FAIL("nothing thrown");
        } catch (std::logic_error const& e) {
            CHECK(std::string(e.what()).find("set_limit while 1 of its tasks") != std::string::npos);
        }
        open.send(1);
        group.wait();
        group.set_limit(4);
    });
}

TEST_CASE("tasks may start tasks", "[task_group]") {
    in_fibers([] {
        task_group group;
        std::atomic<int> leaves = 0;
        struct branch {
            task_group& group;
            std::atomic<int>& leaves;
            int depth;
            void operator()() const {
                if (depth == 0) {
                    ++leaves;
                    return;
                }
                group.go(branch{group, leaves, depth - 1});
                group.go(branch{group, leaves, depth - 1});
            }
        };
        group.go(branch{group, leaves, 8});
        group.wait();
        CHECK(leaves == 256);
    });
}

TEST_CASE("what a task holds is gone when wait returns", "[task_group][C9]") {
    in_fibers([] {
        task_group group;
        for (int i = 0; i != 20; ++i)
            group.go([kept = std::make_shared<weft_test::counted>(i)] { weft::this_fiber::yield(); });
        group.wait();
        CHECK(weft_test::counted::live() == 0);
    });
}

TEST_CASE("a plain thread can wait for a group, but start nothing", "[task_group][thread]") {
    in_fibers([] {
        task_group group;
        auto const open = weft::make_chan<int>();
        group.go([open] { open.recv(); });
        bool const refused = weft::blocking([&] {
            bool thrown = false;
            std::thread other([&] {
                try {
                    group.go([] {});
                } catch (weft::runtime_stopped const&) {
                    thrown = true;
                }
                open.send(1);
                group.wait();
            });
            other.join();
            return thrown;
        });
        CHECK(refused);
        group.wait();
    });
}

TEST_CASE("a pipeline of a group ends as the design's example does", "[task_group][select]") {
    in_fibers([] {
        auto const words = weft::make_chan<std::string>(16);
        auto const lengths = weft::make_chan<std::size_t>();
        task_group workers;
        for (int i = 0; i != 4; ++i)
            workers.go([=] {
                for (std::string word : words) lengths.send(word.size());
            });
        weft::go([=] {
            for (auto const* w : {"warp", "weft", "loom"}) words.send(w);
            words.close();
        });
        auto closer = weft::spawn([&] {
            workers.wait();
            lengths.close();
            return 3;
        });
        std::size_t total = 0;
        for (std::optional<std::size_t> n;;) {
            CHECK(weft::select(weft::on_recv(lengths, n), weft::on_timeout(1h)) == 0);
            if (!n) break;
            total += *n;
        }
        CHECK(closer.join() == 3);
        CHECK(total == 12);
    });
}
