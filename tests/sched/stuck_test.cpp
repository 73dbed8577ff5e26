// Fibers that keep their worker: they compute without a break, or call something that blocks the thread.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/stats.hpp>
#include <weft/stuck.hpp>
#include <weft/this_fiber.hpp>

#include "options.hpp"
#include "support/child.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::child;
using weft_test::with_workers;

namespace {

/// A door that blocks the thread of whoever comes to it before it is open. The kernel sees to that.
class door {
public:
    door() {
        if (::pipe(ends_) != 0) ends_[0] = ends_[1] = -1;
    }
    door(door const&) = delete;
    ~door() {
        for (int const end : ends_) ::close(end);
    }
    void open() { (void)!::write(ends_[1], "", 1); }
    void pass() {
        ++arrived;
        char byte = 0;
        while (::read(ends_[0], &byte, 1) < 0 && errno == EINTR) {}
    }

    std::atomic<int> arrived = 0;

private:
    int ends_[2];
};

/// Blocks as many workers as there are doors, each in a fiber of its own, until the doors are opened. If that is all there
/// are, the caller goes on by the grace of a spare.
std::vector<weft::fiber<>> block_all_workers(std::vector<door>& doors) {
    std::vector<weft::fiber<>> blocked;
    for (door& d : doors) blocked.push_back(weft::spawn([&d] { d.pass(); }));
    weft_test::yield_until([&] { return std::ranges::all_of(doors, [](door const& d) { return d.arrived == 1; }); });
    return blocked;
}

}  // namespace

TEST_CASE("others run while foreign code blocks every worker", "[stuck][sched][C44]") {
    if (weft_test::forced_migration) return;  // binds who is woken to a worker, perhaps to the one that is stuck
    with_workers([](weft::runtime_options options) {
        weft::run(
            [&] {
                std::vector<door> doors(options.workers);
                auto blocked = block_all_workers(doors);
                // Whoever opens the doors can run only on a worker that was not there when they were closed.
                auto opener = weft::spawn([&] {
                    for (door& d : doors) {
                        weft::this_fiber::sleep_for(1ms);
                        d.open();
                    }
                });
                for (auto& fiber : blocked) fiber.join();
                opener.join();
            },
            options);
    });
}

TEST_CASE("timers go on while foreign code sleeps on every worker", "[stuck][sched][C44][B14]") {
    if (weft_test::forced_migration) return;  // binds who is woken to a worker, perhaps to the one that is stuck
    with_workers([](weft::runtime_options options) {
        auto const [ticks, after] = weft::run(
            [&] {
                std::atomic<int> woken = 0;
                std::vector<weft::fiber<>> sleepers;
                for (unsigned i = 0; i != options.workers; ++i)
                    sleepers.push_back(weft::spawn([&] {
                        timespec const second{1, 0};
                        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &second, nullptr);
                        ++woken;
                    }));
                int count = 0;
                for (; woken == 0 && count != 10; ++count) weft::this_fiber::sleep_for(1ms);
                int const woken_then = woken;
                for (auto& sleeper : sleepers) sleeper.join();
                return std::pair(count, woken_then);
            },
            options);
        CHECK(ticks == 10);
        CHECK(after == 0);  // ten turns, and nobody's second is over
    });
}

TEST_CASE("no more fibers run at a time than there are workers once the blocked ones are back", "[stuck][sched]") {
    if (weft_test::forced_migration) return;  // binds who is woken to a worker, perhaps to the one that is stuck
    with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        rt.run([&] {
            for (int round = 0; round != 2; ++round) {
                std::vector<door> doors(options.workers);
                auto blocked = block_all_workers(doors);
                for (door& d : doors) d.open();
                for (auto& fiber : blocked) fiber.join();
            }
            CHECK(rt.stats().spare_workers >= 1);
            CHECK(rt.stats().spare_workers <= options.spare_workers);

            // Spares retire as they leave a fiber; from then on the number of fibers that are inside is bounded again.
            std::atomic<unsigned> inside = 0, most = 0;
            auto const measured = [&] {
                most = 0;
                std::vector<weft::fiber<>> fibers;
                for (unsigned i = 0; i != 4 * options.workers; ++i)
                    fibers.push_back(weft::spawn([&] {
                        for (int turn = 0; turn != 50; ++turn) {
                            unsigned const now = ++inside;
                            for (unsigned seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {}
                            std::this_thread::yield();
                            --inside;
                            weft::this_fiber::yield();
                        }
                    }));
                for (auto& fiber : fibers) fiber.join();
                return most.load();
            };
            weft_test::yield_until([&] { return measured() <= options.workers; });
        });
    });
}

TEST_CASE("a spare that has retired still serves the timers that were armed on it", "[stuck][sched][timer]") {
    if (weft_test::forced_migration) return;  // binds who is woken to a worker, perhaps to the one that is stuck
    with_workers([](weft::runtime_options options) {
        weft::run(
            [&] {
                std::vector<door> doors(options.workers);
                auto blocked = block_all_workers(doors);
                std::atomic<bool> woke = false;
                auto sleeper = weft::spawn([&] {
                    weft::this_fiber::sleep_for(100ms);
                    woke = true;
                    return 1;
                });
                weft_test::yield_until([&] { return weft::detail::parked_fibers() == 1 || woke; });
                for (door& d : doors) d.open();
                for (auto& fiber : blocked) fiber.join();
                CHECK(sleeper.join() == 1);
            },
            options);
    });
}

TEST_CASE("spare_workers bounds the spares, and 0 means none", "[stuck][options]") {
    if (weft_test::forced_migration) return;  // binds who is woken to a worker, perhaps to the one that is stuck
    with_workers([](weft::runtime_options options) {
        options.spare_workers = 0;
        weft::runtime rt(options);
        bool const ran = rt.run([&] {
            std::vector<door> doors(options.workers);
            std::atomic<bool> other_ran = false, ran_meanwhile = false;
            auto const all_arrived = [&] {
                return std::ranges::all_of(doors, [](door const& d) { return d.arrived == 1; });
            };
            // The main fiber is what can no longer run: a thread opens the doors, after a time in which a spare would start.
            std::thread opener([&] {
                while (!all_arrived()) std::this_thread::yield();
                auto const until = std::chrono::steady_clock::now() + 60ms;
                while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
                ran_meanwhile = other_ran.load();
                for (door& d : doors) d.open();
            });
            auto blocked = block_all_workers(doors);
            other_ran = true;
            for (auto& fiber : blocked) fiber.join();
            opener.join();
            return ran_meanwhile.load();
        });
        CHECK_FALSE(ran);
        CHECK(rt.stats().spare_workers == 0);
    });
}

namespace {

struct seen_report {
    std::string name;
    bool in_kernel = false;
    std::size_t frames = 0;
};
std::mutex reports_lock;
std::vector<seen_report> reports;

void keep(weft::stuck_report const& report) {
    std::lock_guard const guard(reports_lock);
    reports.push_back({std::string(report.name), report.in_kernel, report.stack.size()});
}

seen_report report_about(std::string const& name) {
    std::lock_guard const guard(reports_lock);
    auto const found = std::ranges::find(reports, name, &seen_report::name);
    return found == reports.end() ? seen_report{} : *found;
}

}  // namespace

TEST_CASE("on_stuck is told who keeps a worker, why, and where", "[stuck][options]") {
    if (weft_test::forced_migration) return;  // binds who is woken to a worker, perhaps to the one that is stuck
    with_workers([](weft::runtime_options options) {
        reports.clear();
        options.on_stuck = &keep;
        weft::run(
            [] {
                weft::fiber<> hog = weft::spawn({.name = "hog"}, [] {
                    while (report_about("hog").name.empty()) {}
                });
                hog.join();
                door closed;
                weft::fiber<> sleeper = weft::spawn({.name = "sleeper"}, [&] { closed.pass(); });
                weft_test::yield_until([] { return !report_about("sleeper").name.empty(); });
                closed.open();
                sleeper.join();
            },
            options);
        CHECK_FALSE(report_about("hog").in_kernel);
        if (!weft_test::under_tsan) CHECK(report_about("hog").frames >= 1);
        CHECK(report_about("sleeper").in_kernel);
        if (!weft_test::under_tsan) CHECK(report_about("sleeper").frames >= 1);
        std::size_t const about_hog =
            static_cast<std::size_t>(std::ranges::count(reports, std::string("hog"), &seen_report::name));
        CHECK(about_hog == 1);  // once per stay
    });
}

namespace {

int compute_until_reported() {
    static std::atomic<bool> reported = false;
    weft::runtime_options options;
    options.on_stuck = [](weft::stuck_report const& report) {
        weft::print_stuck(report);
        reported = true;
    };
    return weft::run(
        [] {
            return weft::spawn({.name = "number cruncher"},
                               [] {
                                   while (!reported) {}
                                   return 3;
                               })
                .join();
        },
        options);
}
child const cruncher{"stuck: computes", compute_until_reported};

child const chooses_print{"stuck: print by the environment",
                          [] { return weft::detail::resolve({}).on_stuck == &weft::print_stuck ? 1 : 2; }};

}  // namespace

TEST_CASE("a printed report names the fiber, the cure and the frames", "[stuck][options][child]") {
    auto const end = cruncher.run();
    INFO(end.err);
    CHECK(end.exit_status == 3);
    CHECK(end.says("number cruncher"));
    CHECK(end.says("stuck_test.cpp:"));
    CHECK(end.says("this_fiber::yield"));
    if (!weft_test::under_tsan) CHECK(end.says("["));  // an address
}

TEST_CASE("the environment chooses whether stuck fibers are reported", "[stuck][options][child]") {
    CHECK(chooses_print.run().exit_status == 2);
    CHECK(chooses_print.run({"WEFT_ON_STUCK=print"}).exit_status == 1);
    auto const nonsense = chooses_print.run({"WEFT_ON_STUCK=scream"});
    CHECK(nonsense.exit_status != 2);
    CHECK(nonsense.says("WEFT_ON_STUCK"));
}
