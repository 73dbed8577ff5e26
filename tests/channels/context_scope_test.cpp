// Fibers and threads under a context: whose waits end, for how long, and with which exception.

#include <atomic>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::context;
using weft::with_cancel;
using weft::with_context;
using weft::with_timeout;
using weft::this_fiber::current_context;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

enum class end { normal, cancelled, timed_out };

template <class Call>
end end_of(Call const& call) {
    try {
        call();
        return end::normal;
    } catch (weft::deadline_exceeded const&) {
        return end::timed_out;
    } catch (weft::cancelled const&) {
        return end::cancelled;
    }
}

void sleep_long() { weft::this_fiber::sleep_for(1h); }
void sleep_briefly() { weft::this_fiber::sleep_for(1us); }

}  // namespace

TEST_CASE("spawn inherits the current context, go does not", "[context][scope]") {
    in_fibers([] {
        CHECK(current_context() == context());
        auto const [ctx, cancel] = with_cancel(weft::with_value({}, 5));
        auto const seen = weft::make_chan<bool>(1);
        with_context(ctx, [&, ctx = ctx] {
            CHECK(current_context() == ctx);
            CHECK(weft::spawn([] { return *current_context().value<int>(); }).join() == 5);
            CHECK(weft::spawn([&] { return weft::spawn([&] { return current_context() == ctx; }).join(); }).join());
            weft::go([seen] { seen.send(current_context() == context()); });
            CHECK(*seen.recv());
            weft::wait_group group;
            group.go([seen] { seen.send(current_context() == context()); });
            CHECK(*seen.recv());
            group.wait();
        });
        CHECK(current_context() == context());
        CHECK(weft::spawn([] { return current_context() == context(); }).join());
    });
}

TEST_CASE("with_context returns what its function does", "[context][scope]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        int kept = 3;
        CHECK(with_context(ctx, [] { return 4; }) == 4);
        CHECK(&with_context(ctx, [&]() -> int& { return kept; }) == &kept);
        CHECK(*with_timeout(1h, [] { return std::make_unique<int>(5); }) == 5);
        CHECK_THROWS_AS(with_timeout(1h, []() -> int { throw std::runtime_error("mine"); }), std::runtime_error);
        CHECK(current_context() == context());
    });
}

TEST_CASE("a fiber's waits end with its context", "[context][cancel][C39]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        auto fiber = with_context(ctx, [] {
            return weft::spawn([] {
                int times = 0;
                for (int i = 0; i != 3; ++i) times += end_of(sleep_long) == end::cancelled;
                times += end_of([] { weft::this_fiber::check_cancelled(); }) == end::cancelled;
                weft::this_fiber::shield const shield;
                times += end_of(sleep_briefly) == end::normal;
                return times;
            });
        });
        until_parked(1);
        cancel();
        CHECK(fiber.join() == 5);
        CHECK(end_of(sleep_briefly) == end::normal);  // this fiber has left the scope
    });
}

TEST_CASE("a fiber that starts under a cancelled context throws when it waits", "[context][cancel][C39]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        cancel();
        auto fiber = with_context(ctx, [] { return weft::spawn([] { return end_of(sleep_long); }); });
        CHECK(fiber.join() == end::cancelled);
        with_context(ctx, [] {
            CHECK(end_of(sleep_long) == end::cancelled);
            CHECK(end_of([] { weft::this_fiber::yield(); }) == end::cancelled);
        });
        CHECK(end_of([] { weft::this_fiber::yield(); }) == end::normal);
    });
}

TEST_CASE("everything under with_timeout is bounded", "[context][cancel]") {
    in_fibers([] {
        weft::mutex mutex;
        weft::wait_group never;
        never.add();
        auto const nobody = weft::make_chan<int>();
        auto forever = weft::spawn([] { sleep_long(); });
        auto bounded = [&](auto wait) { return end_of([&] { with_timeout(1ms, wait); }); };
        CHECK(bounded(sleep_long) == end::timed_out);
        CHECK(bounded([&] { nobody.recv(); }) == end::timed_out);
        CHECK(bounded([&] { nobody.send(1); }) == end::timed_out);
        CHECK(bounded([&] { weft::select(weft::on_recv(nobody, [](auto) {}), weft::on_timeout(1h)); }) ==
              end::timed_out);
        CHECK(bounded([&] { weft::select(weft::on_recv(nobody, [](auto) {})); }) == end::timed_out);
        CHECK(bounded([&] { never.wait(); }) == end::timed_out);
        CHECK(bounded([&] { forever.join(); }) == end::timed_out);
        CHECK(bounded([&] { forever.join_for(1h); }) == end::timed_out);
        CHECK(bounded([] { return weft::chan<int>().recv(); }) == end::timed_out);
        CHECK(bounded([] { weft::spawn(sleep_long).join(); }) == end::timed_out);
        CHECK(bounded([] {}) == end::normal);
        CHECK(end_of([] { with_timeout(0s, sleep_long); }) == end::timed_out);
        // Locks and blocking calls that have started go on.
        CHECK(bounded([&] { std::scoped_lock guard(mutex); }) == end::normal);
        CHECK(end_of(sleep_briefly) == end::normal);
        never.done();
    });
}

TEST_CASE("a computation that never waits sees its deadline by check_cancelled", "[context][cancel]") {
    in_fibers([] {
        CHECK(end_of([] {
                  with_timeout(1ms, [] {
                      for (;;) weft::this_fiber::check_cancelled();
                  });
              }) == end::timed_out);
        CHECK(end_of([] {
                  with_timeout(1ms, [] {
                      for (;;) weft::this_fiber::yield();
                  });
              }) == end::timed_out);
    });
}

TEST_CASE("scopes nest, and the outer ones go on counting", "[context][scope][cancel]") {
    in_fibers([] {
        auto const [outer, cancel_outer] = with_cancel({});
        auto const [inner, cancel_inner] = with_cancel({});
        auto fiber = weft::spawn([&, outer = outer, inner = inner] {
            std::vector<end> ends;
            with_context(outer, [&] {
                ends.push_back(end_of([&] { with_context(inner, sleep_long); }));  // by cancel_inner
                ends.push_back(end_of(sleep_briefly));
                with_context({}, [&] { ends.push_back(end_of(sleep_long)); });  // by cancel_outer
                with_context(outer, [&] { ends.push_back(end_of(sleep_long)); });
                with_context(weft::without_cancel(outer), [&] { ends.push_back(end_of(sleep_long)); });
                ends.push_back(end_of(sleep_long));
            });
            ends.push_back(end_of(sleep_briefly));
            return ends;
        });
        until_parked(1);
        cancel_inner();
        until_parked(1);
        weft_test::let_others_run();
        until_parked(1);
        cancel_outer();
        CHECK(fiber.join() == std::vector{end::cancelled, end::normal, end::cancelled, end::cancelled, end::cancelled,
                                          end::cancelled, end::normal});
    });
}

TEST_CASE("the innermost reason names the exception, but a cancelled fiber is just cancelled", "[context][cancel]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        auto fiber = weft::spawn([ctx = ctx, cancel = cancel] {
            int right = 0;
            with_context(ctx, [&] {
                with_timeout(0s, [&] {
                    cancel();
                    right += end_of(sleep_long) == end::timed_out;
                });
                right += end_of(sleep_long) == end::cancelled;
            });
            with_timeout(1h, [&] { right += end_of(sleep_long) == end::cancelled; });
            with_timeout(0s, [&] { right += end_of(sleep_long) == end::cancelled; });
            return right;
        });
        until_parked(1);
        fiber.cancel();
        CHECK(fiber.join() == 4);
    });
}

TEST_CASE("a deadline further out bounds what is within", "[context][cancel]") {
    in_fibers([] {
        end inner{};
        end const outer = end_of([&] {
            with_timeout(1ms, [&] {
                inner = end_of([] { with_timeout(1h, sleep_long); });
                sleep_long();
            });
        });
        CHECK(inner == end::timed_out);
        CHECK(outer == end::timed_out);
    });
}

TEST_CASE("a select that waits for its own context takes that case", "[context][select][cancel]") {
    in_fibers([] {
        for (int i = 0; i != weft_test::sized(2'000, 1'000, 200); ++i) {
            auto const [ctx, cancel] = with_cancel({});
            auto fiber = with_context(ctx, [&] {
                return weft::spawn([] {
                    return end_of([] { weft::select(weft::on_done(current_context()), weft::on_timeout(1h)); });
                });
            });
            if (i % 3 == 0) until_parked(1);
            if (i % 3 == 1) weft::this_fiber::yield();
            cancel();
            CHECK(fiber.join() == end::normal);
        }
    });
}

TEST_CASE("children that outlive the scope are cancelled when with_timeout is over", "[context][cancel]") {
    in_fibers([] {
        auto fiber = with_timeout(1h, [] { return weft::spawn([] { return end_of(sleep_long); }); });
        CHECK(fiber.join() == end::cancelled);
    });
}

TEST_CASE("unwinding out of a cancelled scope may wait", "[context][cancel][C39]") {
    in_fibers([] {
        bool cleaned = false;
        struct cleanup {
            bool& done;
            ~cleanup() {
                weft::this_fiber::sleep_for(1ms);
                done = true;
            }
        };
        CHECK(end_of([&] {
                  with_timeout(1ms, [&] {
                      cleanup const at_end{cleaned};
                      sleep_long();
                  });
              }) == end::timed_out);
        CHECK(cleaned);
    });
}

TEST_CASE("a plain thread can be under a context, too", "[context][thread][cancel]") {
    weft_test::supervised guard("plain thread");
    auto const nobody = weft::make_chan<int>();
    CHECK(end_of([&] { with_timeout(1ms, [&] { nobody.recv(); }); }) == end::timed_out);
    CHECK(end_of([&] { with_timeout(1ms, sleep_long); }) == end::timed_out);
    auto const [ctx, cancel] = with_cancel({});
    std::thread helper([cancel = cancel] {
        std::this_thread::yield();
        cancel();
    });
    with_context(ctx, [&, ctx = ctx] {
        CHECK(current_context() == ctx);
        CHECK(end_of([&] { weft::select(weft::on_recv(nobody, [](auto) {})); }) == end::cancelled);
        CHECK(end_of([] { weft::this_fiber::check_cancelled(); }) == end::cancelled);
        weft::this_fiber::shield const shield;
        CHECK(end_of(sleep_briefly) == end::normal);
    });
    helper.join();
    CHECK(end_of(sleep_briefly) == end::normal);
    CHECK(current_context() == context());
    guard.check_nothing_left();
}

TEST_CASE("a whole program can run under a context", "[context][thread][cancel]") {
    weft_test::with_workers([](weft::runtime_options options) {
        CHECK(end_of([&] { with_timeout(5ms, [&] { weft::run(sleep_long, options); }); }) == end::timed_out);
    });
}

TEST_CASE("leaving a scope races with its cancellation, and the fiber is whole afterwards",
          "[context][cancel][stress]") {
    in_fibers([] {
        auto const baton = weft::make_chan<weft::cancel_function>();
        auto canceller = weft::spawn([baton] {
            for (auto cancel : baton) cancel();
        });
        int wrong = 0;
        for (int i = 0; i != weft_test::sized(3'000, 2'000, 400); ++i) {
            auto const [outer, cancel_outer] = with_cancel({});
            auto const [inner, cancel_inner] = with_cancel(i % 2 == 0 ? outer : context());
            with_context(outer, [&, inner = inner, cancel_inner = cancel_inner] {
                end_of([&] {
                    with_context(inner, [&] {
                        weft::this_fiber::shield const send_first;
                        baton.send(cancel_inner);
                    });
                    if (i % 4 < 2) sleep_briefly();
                });
                wrong += end_of(sleep_briefly) != end::normal;
            });
            wrong += end_of(sleep_briefly) != end::normal;
        }
        CHECK(wrong == 0);
        baton.close();
        canceller.join();
    });
}
