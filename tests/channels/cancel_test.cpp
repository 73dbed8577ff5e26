// Cancellation in channel operations: they either happened or threw, and what need not wait never throws.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::make_chan;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

template <class Wait>
bool throws_cancelled(Wait const& wait) {
    try {
        wait();
        return false;
    } catch (weft::cancelled const&) {
        return true;
    }
}

}  // namespace

TEST_CASE("every waiting call of a channel is a point of cancellation", "[channel][select][cancel][C39]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        std::vector<weft::fiber<bool>> waiting;
        auto const add = [&](auto wait) { waiting.push_back(weft::spawn([wait] { return throws_cancelled(wait); })); };
        add([ch] { ch.recv(); });
        add([ch] {
            int slot = 0;
            ch.recv_for(slot, 1h);
        });
        add([ch] {
            for ([[maybe_unused]] int value : ch) {}
        });
        add([ch] { weft::select(weft::on_recv(ch, [](auto) {})); });
        add([ch] { weft::select(weft::on_recv(ch, [](auto) {}), weft::on_timeout(1h)); });
        add([] { weft::chan<int>().send(1); });
        add([] { weft::chan<int>().recv(); });
        add([] { weft::select(); });
        auto const full = make_chan<int>(1);
        full.send(1);
        add([full] { full.send(2); });
        add([full] { full.send_for(2, 1h); });
        add([full] { weft::select(weft::on_send(full, 2)); });
        weft::wait_group group;
        group.add();
        add([&group] { group.wait(); });
        until_parked(waiting.size());
        for (auto& fiber : waiting) fiber.cancel();
        for (auto& fiber : waiting) CHECK(fiber.join());
        group.done();
        CHECK(full.recv() == 1);
        CHECK(full.size() == 0);
        CHECK(ch.try_send(1) == chan_status::would_block);  // nobody is queued any more
    });
}

TEST_CASE("a cancelled fiber may do what need not wait", "[channel][select][cancel][C39]") {
    in_fibers([] {
        std::atomic<bool> cancelled = false;
        auto fiber = weft::spawn([&] {
            weft_test::yield_until([&] { return cancelled.load(); });
            auto const ch = make_chan<int>(2);
            int slot = 0;
            std::optional<int> maybe;
            bool right = true;
            ch.send(1);
            right = right && ch.send_for(2, 1h) == chan_status::ok;
            right = right && ch.try_send(3) == chan_status::would_block;
            right = right && ch.recv() == 1;
            right = right && ch.recv_for(slot, 1h) == chan_status::ok && slot == 2;
            right = right && weft::select(weft::on_recv(ch, maybe), weft::otherwise()) == 1;
            right = right && weft::select(weft::on_recv(ch, maybe), weft::on_send(ch, 4)) == 1;
            right = right && throws_cancelled([&] { ch.send(5), ch.send(6); }) && ch.size() == 2;
            ch.close();
            right = right && ch.recv() == 4 && ch.recv() == 5 && !ch.recv();
            return right;
        });
        fiber.cancel();
        cancelled = true;
        CHECK(fiber.join());
    });
}

TEST_CASE("a cancelled send leaves its value with the caller", "[channel][select][cancel][C13][C39]") {
    in_fibers([] {
        auto const ch = make_chan<std::unique_ptr<int>>();
        std::vector<weft::fiber<bool>> senders;
        for (int i = 0; i != 3; ++i)
            senders.push_back(weft::spawn([ch, i] {
                auto value = std::make_unique<int>(i);
                bool const thrown = throws_cancelled([&] {
                    if (i == 0) ch.send(std::move(value));
                    if (i == 1) ch.send_for(std::move(value), 1h);
                    if (i == 2) weft::select(weft::on_send(ch, std::move(value)), weft::on_timeout(1h));
                });
                return thrown && value && *value == i;
            }));
        until_parked(3);
        for (auto& sender : senders) sender.cancel();
        for (auto& sender : senders) CHECK(sender.join());
    });
}

TEST_CASE("cleanup of a cancelled fiber may use channels", "[channel][cancel][C39]") {
    in_fibers([] {
        auto const done = make_chan<int>();
        struct report {
            weft::chan<int> to;
            ~report() { to.send(9); }  // waits although its fiber is cancelled: the stack is unwinding
        };
        auto fiber = weft::spawn([done] {
            report const at_end{done};
            weft::make_chan<int>().recv();
        });
        until_parked(1);
        fiber.cancel();
        weft_test::let_others_run();
        CHECK(done.recv() == 9);
        CHECK_THROWS_AS(fiber.join(), weft::cancelled);
    });
}

TEST_CASE("when the main fiber returns, fibers asleep in channels are unwound", "[channel][shutdown][C39]") {
    weft_test::with_workers([](weft::runtime_options options) {
        auto const ch = make_chan<weft_test::counted>();
        std::atomic<int> unwound = 0;
        weft::run(
            [&] {
                for (int i = 0; i != 10; ++i)
                    weft::go([&, ch] {
                        weft_test::counted const local(1);
                        unwound += throws_cancelled([&] {
                            if (local.value() == 1) ch.recv();
                        });
                    });
                until_parked(10);
            },
            options);
        CHECK(unwound == 10);
    });
}
