// Functions that wait for the end of a context.

#include <atomic>
#include <chrono>
#include <memory>
#include <utility>
#include <weft/chan.hpp>
#include <weft/context.hpp>
#include <weft/go.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::with_cancel;
using weft::with_timeout;
using weft_test::counted;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a callback runs once its context is cancelled, in a fiber of its own", "[context][after_cancel]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        auto const ran = weft::make_chan<weft::fiber_id>(2);
        auto callback = weft::after_cancel(ctx, [ran] { ran.send(weft::this_fiber::get_id()); });
        until_parked(1);
        CHECK(ran.size() == 0);
        cancel();
        CHECK_FALSE(callback.stop());
        CHECK(*ran.recv() != weft::this_fiber::get_id());

        auto late = weft::after_cancel(ctx, [ran] { ran.send(0); });
        CHECK_FALSE(late.stop());
        CHECK(ran.recv().has_value());
    });
}

TEST_CASE("a callback that is stopped does not run", "[context][after_cancel]") {
    in_fibers([] {
        auto const [ctx, cancel] = with_cancel({});
        std::atomic<int> runs = 0;
        auto callback = weft::after_cancel(ctx, [&runs, kept = counted(1)] { runs += kept.value(); });
        CHECK(callback.stop());
        CHECK_FALSE(callback.stop());
        weft_test::yield_until([] { return counted::live() == 0; });
        cancel();
        CHECK_FALSE(callback.stop());
        weft_test::let_others_run();
        CHECK(runs == 0);

        auto never = weft::after_cancel({}, [&runs] { ++runs; });
        CHECK(never.stop());
        CHECK_FALSE(never.stop());
    });
}

TEST_CASE("a callback that is not stopped outlives its handle, but not the runtime", "[context][after_cancel]") {
    in_fibers([] {
        auto const done = weft::make_chan<int>();
        auto const [ctx, cancel] = with_timeout({}, 1ms);
        weft::after_cancel(ctx, [done] { done.send(4); });
        CHECK(done.recv() == 4);
    });
    std::atomic<bool> ran = false;
    auto const [ctx, cancel] = with_cancel({});
    weft_test::with_workers([&, parent = ctx](weft::runtime_options options) {
        weft::run([&] { weft::after_cancel(parent, [&ran] { ran = true; }); }, options);
    });
    cancel();
    CHECK_FALSE(ran);
}

TEST_CASE("stopping and cancelling race to one outcome", "[context][after_cancel][stress]") {
    in_fibers([] {
        for (int i = 0; i != weft_test::sized(2'000, 1'000, 200); ++i) {
            auto const [ctx, cancel] = with_cancel({});
            auto const ended = weft::make_chan<int>(1);
            // Sends 1 if it runs, and closes without if it does not.
            auto const close = [](weft::chan<int>* to) {
                to->close();
                delete to;
            };
            std::unique_ptr<weft::chan<int>, decltype(close)> report(new weft::chan<int>(ended), close);
            auto callback = weft::after_cancel(ctx, [report = std::move(report)] { report->send(1); });
            auto canceller = weft::spawn([cancel = cancel] { cancel(); });
            bool const stopped = callback.stop();
            canceller.join();
            CHECK(ended.recv().has_value() == !stopped);
        }
    });
}
