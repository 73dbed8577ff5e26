// The tree of contexts: who is cancelled with whom, why, and what is left behind. What Go's own tests of `context` observe, in
// weft's terms.

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <weft/context.hpp>
#include <weft/detail/diagnostics.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::context;
using weft::with_cancel;
using weft::with_deadline;
using weft::with_timeout;
using weft::with_value;
using weft_test::counted;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

bool is_done(context const& ctx) { return weft::select(weft::on_done(ctx), weft::otherwise()) == 0; }

bool is_live(context const& ctx) { return !is_done(ctx) && !ctx.error() && ctx.cause() == nullptr; }

std::string text_of(std::exception_ptr const& cause) {
    if (cause == nullptr) return "none";
    try {
        std::rethrow_exception(cause);
    } catch (std::exception const& e) {
        return e.what();
    }
}

std::exception_ptr cause(char const* text) { return std::make_exception_ptr(std::runtime_error(text)); }

}  // namespace

TEST_CASE("the background is never done and holds nothing", "[context]") {
    context const ctx = context::background();
    CHECK(ctx == context());
    CHECK_FALSE(static_cast<bool>(ctx.done()));
    CHECK_FALSE(ctx.error());
    CHECK(ctx.cause() == nullptr);
    CHECK_FALSE(ctx.deadline());
    CHECK(ctx.value<int>() == nullptr);
    CHECK(weft::this_fiber::current_context() == ctx);
}

TEST_CASE("a context is done when it was cancelled, and not before", "[context][C39]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        CHECK(is_live(ctx));
        CHECK(ctx.done() == ctx.done());
        CHECK(ctx.done().capacity() == 0);
        cancel();
        CHECK(is_done(ctx));
        CHECK(ctx.done().recv() == std::nullopt);
        CHECK(ctx.error() == std::errc::operation_canceled);
        CHECK(ctx.cause() == nullptr);
        cancel();  // again: nothing
        CHECK(is_done(ctx));
    });
}

TEST_CASE("a done channel that is asked for after the cancellation is closed", "[context]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        cancel();
        CHECK(ctx.done().recv() == std::nullopt);
    });
}

TEST_CASE("cancelling reaches everything below, and nothing above or beside", "[context]") {
    in_fibers([] {
        auto const [top, cancel_top] = with_cancel({});
        auto const [left, cancel_left] = with_cancel(top);
        auto const [right, cancel_right] = with_timeout(with_value(top, 5), 1h);
        auto const [leaf, cancel_leaf] = with_cancel(with_value(left, 6));
        cancel_left();
        CHECK(is_live(top));
        CHECK(is_live(right));
        CHECK(is_done(left));
        CHECK(is_done(leaf));
        CHECK(leaf.error() == std::errc::operation_canceled);
        cancel_top();
        CHECK(is_done(right));
        CHECK(right.error() == std::errc::operation_canceled);
    });
}

TEST_CASE("a child of a cancelled context is born cancelled", "[context]") {
    in_fibers([] {
        auto const [parent, cancel] = with_cancel({});
        cancel(cause("early"));
        auto const [child, cancel_child] = with_cancel(parent);
        auto const [timed, cancel_timed] = with_timeout(parent, 1h);
        CHECK(is_done(child));
        CHECK(is_done(timed));
        CHECK(timed.error() == std::errc::operation_canceled);
        CHECK(text_of(child.cause()) == "early");
        CHECK(weft::detail::live_timers() == 0);
    });
}

TEST_CASE("a parent that is cancelled counts, also for a child whose deadline has passed", "[context]") {
    in_fibers([] {
        auto const [parent, cancel] = with_cancel({});
        cancel(cause("early"));
        auto const [late, cancel_late] = with_timeout(parent, -1s);
        CHECK(late.error() == std::errc::operation_canceled);
        CHECK(text_of(late.cause()) == "early");
    });
}

TEST_CASE("the first cause counts, and goes down the tree", "[context]") {
    in_fibers([] {
        auto const [parent, cancel_parent] = with_cancel({});
        auto const [child, cancel_child] = with_cancel(parent);
        auto const [other, cancel_other] = with_cancel(parent);
        cancel_child(cause("child"));
        cancel_parent(cause("parent"));
        cancel_parent(cause("too late"));
        CHECK(text_of(child.cause()) == "child");
        CHECK(text_of(parent.cause()) == "parent");
        CHECK(text_of(other.cause()) == "parent");
        CHECK(text_of(with_value(other, 1).cause()) == "parent");
    });
}

TEST_CASE("a deadline passes, with all below it", "[context]") {
    in_fibers([] {
        auto const start = weft::clock::now();
        auto const [ctx, cancel] = with_timeout({}, 5ms);
        auto const [below, cancel_below] = with_cancel(ctx);
        CHECK(*ctx.deadline() >= start + 5ms);
        CHECK(below.deadline() == ctx.deadline());
        CHECK(below.done().recv() == std::nullopt);
        CHECK(weft::clock::now() >= start + 5ms);
        CHECK(ctx.error() == std::errc::timed_out);
        CHECK(below.error() == std::errc::timed_out);
        CHECK(ctx.cause() == nullptr);
        cancel(cause("afterwards"));
        CHECK(ctx.error() == std::errc::timed_out);
        CHECK(ctx.cause() == nullptr);
    });
}

TEST_CASE("the earlier of two deadlines counts", "[context]") {
    in_fibers([] {
        auto const [outer, cancel_outer] = with_timeout({}, 5ms);
        auto const [inner, cancel_inner] = with_timeout(outer, 1h);
        CHECK(inner.deadline() == outer.deadline());
        CHECK(weft::detail::live_timers() == 1);
        auto const [sooner, cancel_sooner] = with_deadline(with_value(inner, 1), *outer.deadline() - 1ms);
        CHECK(*sooner.deadline() < *outer.deadline());
        sooner.done().recv();
        CHECK(sooner.error() == std::errc::timed_out);
        inner.done().recv();
        CHECK(inner.error() == std::errc::timed_out);
        CHECK_FALSE(with_deadline({}, weft::clock::time_point::max()).ctx.deadline());
        CHECK_FALSE(with_timeout({}, weft::clock::duration::max()).ctx.deadline());
    });
}

TEST_CASE("a deadline in the past has passed at once", "[context]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_timeout({}, 0s);
        CHECK(is_done(ctx));
        CHECK(ctx.error() == std::errc::timed_out);
        CHECK(with_deadline({}, weft::clock::now() - 1h).ctx.error() == std::errc::timed_out);
        CHECK(weft::detail::live_timers() == 0);
    });
}

TEST_CASE("a loop that only asks for the error sees the deadline pass", "[context]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_timeout({}, 1ms);
        while (!ctx.error()) {}  // keeps its worker, and so the timer, busy
        CHECK(is_done(ctx));
    });
}

TEST_CASE("values are found by type, the nearest first", "[context]") {
    struct user {
        std::string name;
    };
    in_fibers([] {
        context const one = with_value({}, user{"ann"});
        auto const [two, cancel] = with_cancel(with_value(one, 7));
        context const three = with_value(two, user{"bob"});
        CHECK(one.value<int>() == nullptr);
        CHECK(two.value<user>()->name == "ann");
        CHECK(*three.value<int>() == 7);
        CHECK(three.value<user>()->name == "bob");
        CHECK(three.value<long>() == nullptr);
        cancel();
        CHECK(is_done(three));
        CHECK(three.value<user>()->name == "bob");
        CHECK(**with_value(three, std::make_unique<int>(3)).value<std::unique_ptr<int>>() == 3);
    });
}

TEST_CASE("without_cancel keeps the values and nothing else", "[context]") {
    in_fibers([] {
        auto const [parent, cancel] = with_timeout(with_value({}, 5), 1h);
        context const free = weft::without_cancel(parent);
        auto const [below, cancel_below] = with_cancel(free);
        cancel(cause("gone"));
        CHECK(is_live(free));
        CHECK(is_live(below));
        CHECK_FALSE(free.deadline());
        CHECK_FALSE(static_cast<bool>(free.done()));
        CHECK(*below.value<int>() == 5);
        cancel_below();
        CHECK(is_done(below));
        CHECK(is_live(free));
        CHECK(weft::without_cancel({}) == context());
    });
}

TEST_CASE("a context that is dropped leaves neither timer nor value", "[context]") {
    in_fibers([] {
        auto const [root, cancel] = with_cancel({});
        for (int i = 0; i != 1'000; ++i) {
            auto const [timed, cancel_timed] = with_timeout(root, 1h);
            auto const [below, cancel_below] = with_cancel(with_value(timed, counted(i)));
            CHECK(counted::live() == 1);
            CHECK(weft::detail::live_timers() == 1);
            if (i % 2 == 0) below.done();
        }
        CHECK(weft::detail::live_timers() == 0);
        CHECK(counted::live() == 0);
        cancel();
    });
}

TEST_CASE("a cancelled context needs its timer no more", "[context]") {
    in_fibers([] {
        auto const [top, cancel] = with_cancel({});
        auto const [timed, cancel_timed] = with_timeout(top, 1h);
        CHECK(weft::detail::live_timers() == 1);
        cancel();
        CHECK(weft::detail::live_timers() == 0);
    });
}

TEST_CASE("a child keeps its parents alive, and a handle its values", "[context]") {
    in_fibers([] {
        context leaf;
        weft::cancel_function cancel_leaf = [&] {
            auto [top, cancel_top] = with_cancel(with_value({}, counted(3)));
            auto made = with_cancel(top);
            leaf = made.ctx;
            return made.cancel;
        }();
        CHECK(counted::live() == 1);
        CHECK(leaf.value<counted>()->value() == 3);
        cancel_leaf();
        CHECK(is_done(leaf));
        leaf = {};
        CHECK(counted::live() == 1);  // the cancel function is a handle, too
    });
}

TEST_CASE("the end of a runtime cancels what its timers were to", "[context]") {
    weft_test::with_workers([](weft::runtime_options options) {
        context escaped = weft::run([] { return with_timeout({}, 1h).ctx; }, options);
        CHECK(escaped.error() == std::errc::operation_canceled);
        CHECK(escaped.done().recv() == std::nullopt);
    });
}

TEST_CASE("contexts work on plain threads, with no runtime in sight", "[context][thread]") {
    weft_test::supervised guard("plain thread");
    {
        auto const [ctx, cancel] = with_timeout({}, 2ms);
        auto const [later, cancel_later] = with_timeout(ctx, 1h);
        auto const [unneeded, cancel_unneeded] = with_timeout({}, 1h);
        CHECK(later.done().recv() == std::nullopt);
        CHECK(ctx.error() == std::errc::timed_out);
        CHECK(is_live(unneeded));
    }
    auto const [ctx, cancel] = with_cancel({});
    cancel();
    CHECK(is_done(ctx));
    guard.check_nothing_left();  // the thread that kept the deadlines is gone
}

TEST_CASE("a context in a select is one case among others", "[context][select][C25]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        auto const values = weft::make_chan<int>(1);
        std::optional<int> slot;
        int handled = 0;
        CHECK(weft::select(weft::on_done(ctx), weft::on_timeout(1ms)) == 1);
        values.send(1);
        CHECK(weft::select(weft::on_done(ctx, [&] { ++handled; }), weft::on_recv(values, slot)) == 1);
        CHECK(weft::select(weft::on_done(context()), weft::otherwise()) == 1);

        auto waiting = weft::spawn([&, below = with_timeout(with_value(ctx, 1), 1h).ctx] {
            int mine = 0;
            bool const chosen = weft::select(weft::on_recv(values, slot), weft::on_done(below, [&] { ++mine; })) == 1;
            return chosen ? mine : 0;
        });
        until_parked(1);
        cancel();
        CHECK(waiting.join() == 1);
        CHECK(weft::select(weft::on_recv(values, slot), weft::on_done(ctx, [&] { ++handled; })) == 1);
        CHECK(handled == 1);

        std::vector<weft::select_case> cases;
        cases.push_back(weft::on_recv(values, slot));
        cases.push_back(weft::on_done(ctx, [&handled] { handled += 10; }));
        CHECK(weft::select(cases) == 1);
        CHECK(weft::select(cases) == 1);
        CHECK(handled == 21);
    });
}

TEST_CASE("no cancel returns before the done channel is closed", "[context][thread]") {
    weft_test::supervised guard("cancel");
    auto const [ctx, cancel] = with_cancel({});
    auto* const channel = ctx.done().core();
    channel->lock();  // keeps everybody from closing it
    std::atomic<int> returned = 0;
    std::vector<std::thread> cancellers;
    for (int i = 0; i != 4; ++i)
        cancellers.emplace_back([&, &cancel = cancel] {
            cancel();
            ++returned;
        });
    while (!ctx.error()) {}
    for (int turn = 0; turn != 1'000; ++turn) std::this_thread::yield();  // a correct cancel waits for however long
    CHECK(returned == 0);
    channel->unlock();
    for (auto& t : cancellers) t.join();
    CHECK(is_done(ctx));
}

TEST_CASE("contexts may be made, cancelled and dropped from everywhere at once", "[context][stress]") {
    in_fibers([] {
        auto const [root, cancel] = with_cancel({});
        weft::wait_group all;
        for (int i = 0; i != 16; ++i)
            all.go([root = root, i] {
                for (int round = 0; round != weft_test::sized(300, 200, 60); ++round) {
                    auto const [child, cancel_child] = with_timeout(root, i % 4 == 0 ? 50us : 1h);
                    auto const [leaf, cancel_leaf] = with_cancel(child);
                    if (round % 3 == 0) cancel_child();
                    if (round % 5 == 0) leaf.done();
                    if (round % 7 == 0) weft::this_fiber::yield();
                }
            });
        for (int turn = 0; turn != 100; ++turn) weft::this_fiber::yield();
        cancel();
        all.wait();
        CHECK(is_done(root));
    });
}

TEST_CASE("whoever sees a context done may drop it while it is still being cancelled", "[context][destroy][C9]") {
    in_fibers([] {
        for (int i = 0; i != weft_test::sized(5'000, 2'000, 500); ++i) {
            auto made = std::make_unique<weft::cancellable>(with_cancel({}));
            auto below = std::make_unique<weft::cancellable>(with_timeout(made->ctx, 1h));
            auto canceller = weft::spawn([cancel = made->cancel] { cancel(); });
            if (i % 2 == 0)
                below->ctx.done().recv();
            else
                weft_test::yield_until([&] { return static_cast<bool>(below->ctx.error()); });
            made.reset();
            below.reset();
            canceller.join();
        }
    });
}
