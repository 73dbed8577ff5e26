// timer, ticker and after: values that are there when their time has come.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/time.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::clock;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;

using tick = std::optional<clock::time_point>;

namespace {

// Without sleeping: the clock goes on by itself.
void spin_until(clock::time_point t) {
    weft_test::yield_until([t] { return clock::now() >= t; });
}

}  // namespace

TEST_CASE("after gives one value, not before its time", "[timer][C35]") {
    in_fibers([] {
        for (auto const d : {0ns, 1ns, 3'000'000ns}) {
            auto const start = clock::now();
            auto const ch = weft::after(d);
            auto const value = ch.recv();
            CHECK(value.has_value());
            CHECK(clock::now() >= start + d);
            CHECK(*value >= start + d);
            CHECK(*value <= clock::now());
            tick again;
            CHECK(ch.try_recv(again) == chan_status::would_block);
            CHECK(ch.recv_for(again, 1ms) == chan_status::timed_out);
            CHECK_FALSE(again.has_value());
        }
        CHECK(weft::after(-5s).recv().has_value());
        CHECK(weft::after(clock::duration::min()).recv().has_value());
    });
}

TEST_CASE("a duration that the clock cannot count means never", "[timer][C35]") {
    in_fibers([] {
        weft::timer timer(clock::duration::max());
        tick value;
        CHECK(timer.channel().recv_for(value, 1ms) == chan_status::timed_out);
        CHECK(timer.stop());
        CHECK_FALSE(timer.reset(clock::duration::max()));
        CHECK(timer.reset(0s));
        CHECK(timer.channel().recv().has_value());

        weft::ticker ticker(clock::duration::max());
        CHECK(ticker.channel().recv_for(value, 1ms) == chan_status::timed_out);
    });
}

TEST_CASE("channels of timers have no size and no capacity", "[timer][C7]") {
    in_fibers([] {
        weft::timer const timer(0s);
        weft::ticker const ticker(1ns);
        for (auto const& ch : {timer.channel(), ticker.channel(), weft::after(0s)}) {
            CHECK(ch.size() == 0);
            CHECK(ch.capacity() == 0);
            CHECK(static_cast<bool>(ch));
        }
    });
}

TEST_CASE("no stale value after stop, and it says whether the timer was running", "[timer][C34]") {
    in_fibers([] {
        tick value;
        weft::timer timer(1h);
        CHECK(timer.stop());
        CHECK_FALSE(timer.stop());
        CHECK(timer.channel().try_recv(value) == chan_status::would_block);

        weft::timer due(0s);  // its time has come, and nobody has received
        CHECK(due.stop());
        CHECK(due.channel().try_recv(value) == chan_status::would_block);
        CHECK(due.channel().recv_for(value, 1ms) == chan_status::timed_out);
        CHECK(weft::select(weft::on_recv(due.channel(), value), weft::otherwise()) == 1);

        weft::timer received(0s);
        CHECK(received.channel().recv().has_value());
        CHECK_FALSE(received.stop());
    });
}

TEST_CASE("no stale value after reset, and it says whether the timer was running", "[timer][C34]") {
    in_fibers([] {
        tick value;
        weft::timer timer(0s);
        CHECK(timer.reset(1h));
        CHECK(timer.channel().try_recv(value) == chan_status::would_block);
        auto const start = clock::now();
        CHECK(timer.reset(2ms));
        value = timer.channel().recv();
        CHECK(clock::now() >= start + 2ms);
        CHECK(*value >= start + 2ms);
        CHECK_FALSE(timer.reset(0s));
        CHECK(timer.channel().recv().has_value());
        CHECK_FALSE(timer.stop());
    });
}

TEST_CASE("stop and reset race with receivers: the value is received or taken back, once", "[timer][thread][C34]") {
    with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(1'000, 500, 100);
        std::atomic<int> wrong = 0;
        auto const race = [&wrong](int round) {
            weft::timer timer(std::chrono::microseconds(round % 30));
            auto const ch = timer.channel();
            auto receiver = weft::spawn([ch] {
                tick value;
                ch.recv_for(value, 100us);
                return value.has_value();
            });
            bool const stopped = round % 2 == 0 ? timer.stop() : timer.reset(1h);
            tick late;
            if (ch.try_recv(late) == chan_status::ok) ++wrong;
            if (receiver.join() == stopped) {
                // Neither of both had it only if nobody wanted it in time; both never.
                if (stopped) ++wrong;
            }
        };
        weft::run(
            [&] {
                for (int i = 0; i != rounds; ++i) race(i);
            },
            options);
        CHECK(wrong == 0);
    });
}

TEST_CASE("a receiver that waits already is woken by a reset to an earlier time", "[timer]") {
    in_fibers([] {
        weft::timer timer(1h);
        auto waiter = weft::spawn([&] { return timer.channel().recv().has_value(); });
        auto selecting = weft::spawn([&] {
            tick value;
            return weft::select(weft::on_recv(timer.channel(), value), weft::on_timeout(1h));
        });
        until_parked(2);
        CHECK(timer.reset(0s));
        // One of them has the value; the other gets the next.
        weft_test::yield_until([&] { return waiter.join_for(0ms) || selecting.join_for(0ms); });
        timer.reset(0s);
        CHECK(waiter.join());
        CHECK(selecting.join() == 0);
    });
}

TEST_CASE("a receiver that waits is not woken by a time that has been stopped or moved", "[timer]") {
    in_fibers([] {
        // False: this thread stood still for so long that the time had come before it was stopped.
        auto const stop_in_time = [] {
            weft::timer timer(1h);
            auto waiter = weft::spawn([&] { return timer.channel().recv(); });
            until_parked(1);
            timer.reset(5ms);
            auto const due = clock::now() + 5ms;
            bool const stopped = timer.stop();
            if (stopped) {
                spin_until(due + 2ms);
                CHECK_FALSE(waiter.join_for(0ms));
                auto const again = clock::now();
                CHECK_FALSE(timer.reset(3ms));
                CHECK(*waiter.join() >= again + 3ms);
            }
            return stopped;
        };
        while (!stop_in_time()) {}
    });
}

TEST_CASE("of several receivers each value goes to one", "[timer]") {
    in_fibers([] {
        auto const ch = weft::after(1ms);
        std::atomic<int> received = 0;
        std::vector<weft::fiber<>> fibers;
        for (int i = 0; i != 5; ++i)
            fibers.push_back(weft::spawn([&] {
                tick value;
                if (ch.recv_for(value, 20ms) == chan_status::ok) ++received;
            }));
        for (auto& fiber : fibers) fiber.join();
        CHECK(received == 1);
    });
}

TEST_CASE("a timer's channel is a case of select, beside everything else", "[timer][select][C25]") {
    in_fibers([] {
        auto const ch = weft::make_chan<int>();
        std::optional<int> number;
        tick value;
        CHECK(weft::select(weft::on_recv(weft::after(1ms), value), weft::on_recv(ch, number)) == 0);
        CHECK(value.has_value());
        CHECK(weft::select(weft::on_recv(weft::after(1h), value), weft::on_timeout(1ms)) == 1);
        CHECK_FALSE(weft::select(weft::on_recv(weft::after(1h), value), weft::otherwise()) == 0);
        CHECK(weft::select(weft::on_recv(weft::after(0s), value), weft::otherwise()) == 0);

        auto sender = weft::spawn([&] { ch.send(1); });
        CHECK(weft::select(weft::on_recv(weft::after(1h), value), weft::on_recv(ch, number)) == 1);
        sender.join();

        // The earlier of two, and a handler.
        bool handled = false;
        weft::timer late(1h), early(1ms);
        auto const handle = [&](tick t) { handled = t.has_value(); };
        CHECK(weft::select(weft::on_recv(late.channel(), value), weft::on_recv(early.channel(), handle)) == 1);
        CHECK(handled);

        std::vector<weft::select_case> cases;
        weft::timer again(1ms);
        cases.push_back(weft::on_recv(ch, number));
        cases.push_back(weft::on_recv(again.channel(), value));
        for (int round = 0; round != 3; ++round) {
            value.reset();
            CHECK(weft::select(cases) == 1);
            CHECK(value.has_value());
            again.reset(1ms);
        }
    });
}

TEST_CASE("two selects on one timer: one gets the value, the other goes on waiting", "[timer][select]") {
    in_fibers([] {
        weft::timer timer(1ms);
        auto const stop = weft::make_chan<weft::unit>();
        auto const select_both = [&] {
            tick value;
            return weft::select(weft::on_recv(timer.channel(), value), weft::on_recv(stop, [](auto) {}));
        };
        auto one = weft::spawn(select_both), other = weft::spawn(select_both);
        weft_test::yield_until([&] { return one.join_for(0ms) || other.join_for(0ms); });
        until_parked(1);
        stop.close();
        CHECK(one.join() + other.join() == 1);
    });
}

TEST_CASE("a ticker keeps its pace and drops what a slow receiver misses", "[ticker][C36]") {
    in_fibers([] {
        auto const period = 2ms;
        auto const start = clock::now();
        weft::ticker ticker(period);
        tick const first = ticker.channel().recv();
        auto const received = clock::now();
        CHECK(*first >= start + period);
        auto const late = received + 5 * period;
        spin_until(late);
        tick const kept = ticker.channel().recv();  // the oldest of those missed
        CHECK(*kept > *first);
        CHECK(*kept <= received + period);
        tick const next = ticker.channel().recv();  // the others were dropped
        CHECK(*next > late);
        CHECK((*kept - *first) % period == 0ns);
        CHECK((*next - *first) % period == 0ns);
        tick stale;
        ticker.stop();
        CHECK(ticker.channel().recv_for(stale, 2 * period) == chan_status::timed_out);
        auto const again = clock::now();
        ticker.reset(1ms);
        CHECK(*ticker.channel().recv() >= again + 1ms);
    });
}

TEST_CASE("a ticker does not take back its pace, and stopping does not close", "[ticker][C34][C36]") {
    in_fibers([] {
        weft::ticker ticker(1ms);
        spin_until(clock::now() + 3ms);
        ticker.stop();
        tick value;
        CHECK(ticker.channel().try_recv(value) == chan_status::would_block);
        ticker.reset(1ms);
        int ticks = 0;
        for (auto t : ticker.channel()) {
            value = t;
            if (++ticks == 3) break;
        }
        CHECK(ticks == 3);
        ticker.reset(1h);
        CHECK(ticker.channel().try_recv(value) == chan_status::would_block);
    });
}

TEST_CASE("a ticker needs a period", "[ticker][C36]") {
    CHECK_THROWS_AS(weft::ticker(0s), std::invalid_argument);
    CHECK_THROWS_AS(weft::ticker(-1s), std::invalid_argument);
    weft::ticker ticker(1s);
    CHECK_THROWS_AS(ticker.reset(0s), std::invalid_argument);
}

TEST_CASE("destroying a timer or ticker stops it, and its channel outlives it", "[timer]") {
    in_fibers([] {
        std::vector<weft::recv_chan<clock::time_point>> channels;
        {
            weft::timer timer(0s);
            weft::ticker ticker(1ns);
            channels = {timer.channel(), ticker.channel()};
        }
        tick value;
        for (auto const& ch : channels) CHECK(ch.recv_for(value, 1ms) == chan_status::timed_out);
    });
}

TEST_CASE("an abandoned timer leaves nothing behind", "[timer][C38]") {
    in_fibers([] {
        constexpr int timers = weft_test::sized(100'000, 20'000, 5'000);
        tick value;
        for (int i = 0; i != timers; ++i) {
            weft::after(1h);
            weft::timer const timer(1h);
            auto const ch = weft::after(1h);
            if (i % 100 == 0) ch.recv_until(value, clock::now());
        }
        CHECK(weft::detail::live_timers() == 0);
    });
}

TEST_CASE("waiting for a timer can be cancelled", "[timer][cancel]") {
    in_fibers([] {
        auto const ch = weft::after(1h);
        auto waiter = weft::spawn([&] { ch.recv(); });
        until_parked(1);
        waiter.cancel();
        CHECK_THROWS_AS(waiter.join(), weft::cancelled);
    });
}

TEST_CASE("timers work without any runtime", "[timer][thread]") {
    weft_test::supervised guard("no workers");
    auto const start = clock::now();
    CHECK(weft::after(2ms).recv().has_value());
    CHECK(clock::now() >= start + 2ms);
    weft::ticker ticker(1ms);
    tick value;
    for (int i = 0; i != 3; ++i) CHECK(weft::select(weft::on_recv(ticker.channel(), value), weft::on_timeout(1h)) == 0);
    weft::timer timer(1h);
    std::thread other([&] { timer.reset(1ms); });
    CHECK(timer.channel().recv().has_value());
    other.join();
    guard.check_nothing_left();
}

TEST_CASE("fibers and threads share a timer", "[timer][thread]") {
    with_workers([](weft::runtime_options options) {
        weft::ticker ticker(100us);
        std::atomic<int> ticks = 0;
        auto const receive = [&] {
            while (ticks < 30) {
                tick value;
                if (ticker.channel().recv_for(value, 1ms) == chan_status::ok) ++ticks;
            }
        };
        std::thread thread(receive);
        weft::run(
            [&] {
                auto one = weft::spawn(receive), other = weft::spawn(receive);
                one.join();
                other.join();
            },
            options);
        thread.join();
        CHECK(ticks >= 30);
    });
}

TEST_CASE("a channel of time points that is no timer's works as any other", "[channel]") {
    in_fibers([] {
        auto const ch = weft::make_chan<clock::time_point>(1);
        auto const sent = clock::now();
        ch.send(sent);
        CHECK(ch.size() == 1);
        tick value;
        CHECK(weft::select(weft::on_recv(ch, value), weft::otherwise()) == 0);
        CHECK(value == sent);
        auto receiver = weft::spawn([&] { return ch.recv(); });
        until_parked(1);
        ch.send(sent);
        CHECK(receiver.join() == sent);
        ch.close();
        CHECK(ch.recv() == std::nullopt);
    });
}
