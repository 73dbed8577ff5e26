// Plain OS threads as participants: every call works from them, inside and outside a running runtime.

#include <chrono>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/sync.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::make_chan;
using weft_test::with_workers;

TEST_CASE("threads talk through a channel without any runtime", "[channel][thread][C1][C2]") {
    weft_test::supervised guard("no runtime");
    for (int const capacity : {0, 1, 10}) {
        INFO("capacity: " << capacity);
        auto const ch = make_chan<int>(capacity);
        std::thread sender([ch] {
            for (int i = 0; i != 1'000; ++i) ch.send(i);
            ch.close();
        });
        int expected = 0;
        for (int value : ch)
            if (value == expected) ++expected;
        CHECK(expected == 1'000);
        sender.join();
    }
}

TEST_CASE("a thread's timed calls and selects end in time", "[channel][thread][select][C35]") {
    weft_test::supervised guard("no runtime");
    auto const ch = make_chan<int>();
    int value = 0;
    std::optional<int> slot;
    auto const start = weft::clock::now();
    CHECK(ch.recv_for(value, 3ms) == chan_status::timed_out);
    CHECK(ch.send_for(1, 3ms) == chan_status::timed_out);
    CHECK(weft::select(weft::on_recv(ch, slot), weft::on_timeout(3ms)) == 1);
    CHECK(weft::clock::now() - start >= 9ms);
    CHECK(weft::select(weft::on_recv(ch, slot), weft::otherwise()) == 1);
}

TEST_CASE("close wakes threads that wait", "[channel][thread][C12]") {
    weft_test::supervised guard("no runtime");
    auto const ch = make_chan<std::unique_ptr<int>>();
    auto const ready = make_chan<weft::unit>();
    std::vector<std::thread> threads;
    std::vector<int> woken(9, 0);
    for (std::size_t i = 0; i != woken.size(); ++i)
        threads.emplace_back([=, &woken] {
            ready.send({});
            std::optional<std::unique_ptr<int>> slot;
            if (i % 3 == 0) woken[i] = !ch.recv();
            if (i % 3 == 1) woken[i] = weft::select(weft::on_recv(ch, slot), weft::on_timeout(1h)) == 0 && !slot;
            if (i % 3 == 2) woken[i] = ch.recv_for(slot, 1h) == chan_status::closed;
        });
    for (std::size_t i = 0; i != woken.size(); ++i) ready.recv();
    ch.close();
    for (auto& thread : threads) thread.join();
    CHECK(std::accumulate(woken.begin(), woken.end(), 0) == 9);
}

TEST_CASE("fibers and threads share channels", "[channel][thread][C2][C3]") {
    with_workers([](weft::runtime_options options) {
        constexpr int each = weft_test::sized(2'000, 1'000, 300);
        for (int const capacity : {0, 5}) {
            INFO("capacity: " << capacity);
            auto const numbers = make_chan<long>(capacity), sums = make_chan<long>();
            std::vector<std::thread> threads;
            for (int i = 0; i != 2; ++i) {
                threads.emplace_back([numbers] {
                    for (long n = 1; n <= each; ++n) numbers.send(n);
                });
                threads.emplace_back([numbers, sums] {
                    long sum = 0;
                    for (long n : numbers) sum += n;
                    sums.send(sum);
                });
            }
            long const total = weft::run(
                [&] {
                    std::vector<weft::fiber<>> senders;
                    for (int i = 0; i != 2; ++i) {
                        senders.push_back(weft::spawn([numbers] {
                            for (long n = 1; n <= each; ++n) numbers.send(n);
                        }));
                        weft::go([numbers, sums] {
                            long sum = 0;
                            for (long n : numbers) sum += n;
                            sums.send(sum);
                        });
                    }
                    weft::blocking([&] { threads[0].join(), threads[2].join(); });  // the sending ones
                    for (auto& sender : senders) sender.join();
                    numbers.close();
                    long total_sum = 0;
                    for (int i = 0; i != 4; ++i) total_sum += sums.recv().value();
                    return total_sum;
                },
                options);
            threads[1].join();
            threads[3].join();
            CHECK(total == 4L * each * (each + 1) / 2);
        }
    });
}

TEST_CASE("a thread and a fiber meet in selects from both sides", "[channel][thread][select][C23]") {
    with_workers([](weft::runtime_options options) {
        constexpr int rounds = weft_test::sized(3'000, 2'000, 500);
        auto const a = make_chan<int>(), b = make_chan<int>();
        long from_fiber = 0, from_thread = 0;
        std::thread thread([&] {
            for (int i = 0; i != rounds; ++i) {
                std::optional<int> slot;
                if (weft::select(weft::on_send(b, 1), weft::on_recv(a, slot)) == 1) from_fiber += slot.value();
            }
        });
        weft::run(
            [&] {
                for (int i = 0; i != rounds; ++i) {
                    std::optional<int> slot;
                    if (weft::select(weft::on_send(a, 1), weft::on_recv(b, slot)) == 1) from_thread += slot.value();
                }
                weft::blocking([&] { thread.join(); });
            },
            options);
        CHECK(from_fiber + from_thread == rounds);  // each meeting carried one value
    });
}

TEST_CASE("a mutex excludes threads and fibers alike", "[sync][thread][C31]") {
    with_workers([](weft::runtime_options options) {
        constexpr int each = weft_test::sized(5'000, 2'000, 500);
        weft::mutex mutex;
        long plain = 0;
        auto const count = [&] {
            for (int i = 0; i != each; ++i) {
                std::lock_guard lock(mutex);
                ++plain;
            }
        };
        std::thread first(count), second(count);
        weft::run(
            [&] {
                auto third = weft::spawn(count), fourth = weft::spawn(count);
                third.join(), fourth.join();
            },
            options);
        first.join(), second.join();
        CHECK(plain == 4L * each);
    });
}

TEST_CASE("a thread waits for a wait_group that fibers count down", "[sync][thread][C33]") {
    with_workers([](weft::runtime_options options) {
        weft::wait_group group;
        group.add(10);
        std::vector<int> results(10, 0);
        int seen = 0;
        std::thread waiter([&] {
            group.wait();
            seen = std::accumulate(results.begin(), results.end(), 0);
        });
        weft::run(
            [&] {
                for (int& result : results) weft::go([&] { result = 1, group.done(); });
                weft::blocking([&] { waiter.join(); });
            },
            options);
        CHECK(seen == 10);
    });
}
