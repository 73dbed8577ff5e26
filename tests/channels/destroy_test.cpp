// An object may be destroyed as soon as a call returned that saw its final state, while the waker is still inside it. One stress
// per type; the address sanitizer is the judge, and the thread sanitizer a second one.

#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <weft/blocking.hpp>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::make_chan;
using weft::unit;
using weft_test::in_fibers;
using weft_test::with_workers;

namespace {

constexpr int rounds = weft_test::sized(10'000, 5'000, 1'000);

// The only handle to a channel, reached by reference from both sides: whoever sees the end drops it under the other's feet.
using last_handle = std::unique_ptr<weft::chan<unit>>;

last_handle make_last_handle(int capacity) { return std::make_unique<weft::chan<unit>>(make_chan<unit>(capacity)); }

}  // namespace

TEST_CASE("a channel may be dropped by the receiver of its last value", "[channel][destroy][C9]") {
    in_fibers([] {
        for (int i = 0; i != rounds; ++i) {
            auto handle = make_last_handle(i % 2);
            weft::go([raw = handle.get()] { raw->send({}); });
            if (i % 3 == 0)
                weft::select(weft::on_recv(*handle, [](std::optional<unit>) {}), weft::on_timeout(1h));
            else
                handle->recv();
            handle.reset();
        }
    });
}

TEST_CASE("an unbuffered channel may be dropped by the sender of its last value", "[channel][destroy][C9]") {
    in_fibers([] {
        for (int i = 0; i != rounds; ++i) {
            auto handle = make_last_handle(0);
            weft::go([raw = handle.get()] { raw->recv(); });
            if (i % 3 == 0)
                weft::select(weft::on_send(*handle, unit{}), weft::on_timeout(1h));
            else
                handle->send({});
            handle.reset();
        }
    });
}

TEST_CASE("a channel may be dropped by who saw it closed", "[channel][destroy][C9]") {
    in_fibers([] {
        for (int i = 0; i != rounds; ++i) {
            auto handle = make_last_handle(i % 2);
            weft::go([raw = handle.get()] { raw->close(); });
            unit slot;
            if (i % 3 == 0)
                weft_test::yield_until([&] { return handle->try_recv(slot) == weft::chan_status::closed; });
            else
                handle->recv();
            handle.reset();
        }
    });
}

TEST_CASE("a channel may be dropped under a thread that is still inside", "[channel][destroy][thread][C9]") {
    with_workers([](weft::runtime_options options) {
        auto const orders = make_chan<weft::chan<unit>*>();
        std::thread waker([orders] {
            int turn = 0;
            for (weft::chan<unit>* ordered : orders) {
                if (++turn % 2 == 0)
                    ordered->send({});
                else
                    ordered->close();
            }
        });
        weft::run(
            [&] {
                for (int i = 0; i != rounds / 5; ++i) {
                    auto handle = make_last_handle(i % 2);
                    orders.send(handle.get());
                    handle->recv();
                    handle.reset();
                }
                orders.close();
            },
            options);
        waker.join();
    });
}

TEST_CASE("a wait_group may be dropped by who waited", "[sync][destroy][C9]") {
    in_fibers([] {
        for (int i = 0; i != rounds; ++i) {
            auto group = std::make_unique<weft::wait_group>();
            group->add(2);
            for (int n = 0; n != 2; ++n) weft::go([raw = group.get()] { raw->done(); });
            group->wait();
            group.reset();
        }
    });
}

TEST_CASE("a wait_group may be dropped under a thread that is still inside", "[sync][destroy][thread][C9]") {
    with_workers([](weft::runtime_options options) {
        auto const orders = make_chan<weft::wait_group*>();
        std::thread waker([orders] {
            for (weft::wait_group* ordered : orders) ordered->done();
        });
        weft::run(
            [&] {
                for (int i = 0; i != rounds / 5; ++i) {
                    auto group = std::make_unique<weft::wait_group>();
                    group->add();
                    orders.send(group.get());
                    group->wait();
                    group.reset();
                }
                orders.close();
            },
            options);
        waker.join();
    });
}

TEST_CASE("a mutex may be dropped by who locks it after the last unlock", "[sync][destroy][C9]") {
    struct shared {
        weft::mutex mutex;
        int users = 2;

        // Counts one user out; true if it was the last, who may then drop the mutex although the other is inside unlock().
        bool leave() {
            std::lock_guard lock(mutex);
            return --users == 0;
        }
    };
    in_fibers([] {
        for (int i = 0; i != rounds; ++i) {
            auto* const both = new shared;
            auto other = weft::spawn([both] {
                if (both->leave()) delete both;
            });
            if (i % 4 == 0) weft::this_fiber::yield();
            if (both->leave()) delete both;
            other.join();
        }
    });
}

TEST_CASE("a fiber handle may be dropped by who joined or saw the end", "[fiber][destroy][C9]") {
    in_fibers([] {
        for (int i = 0; i != rounds; ++i) {
            auto fiber = weft::spawn([] { return std::make_unique<int>(1); });
            if (i % 3 == 0) fiber.join();
            if (i % 3 == 1) weft::select(weft::on_join(fiber), weft::on_timeout(1h));
            if (i % 3 == 2) fiber.join_for(1h);
        }
    });
}

TEST_CASE("a runtime may be destroyed as soon as run returned", "[runtime][destroy][thread][C9]") {
    with_workers([](weft::runtime_options options) {
        for (int i = 0; i != rounds / 100; ++i) {
            auto const ch = make_chan<int>();
            std::thread waker([ch] { ch.send(1); });  // may still be waking while the runtime goes away
            weft::run([ch] { ch.recv(); }, options);
            waker.join();
        }
    });
}
