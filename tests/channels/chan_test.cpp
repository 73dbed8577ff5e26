// What a send and a receive are: pairing, capacity, size.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>
#include <weft/chan.hpp>
#include <weft/go.hpp>

#include "support/fixture.hpp"

using weft::chan_status;
using weft::make_chan;
using weft_test::in_fibers;
using weft_test::let_others_run;
using weft_test::until_parked;

TEST_CASE("an unbuffered send completes only with a receive", "[channel][C1]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        std::atomic<bool> sent = false;
        auto sender = weft::spawn([ch, &sent] { ch.send(7), sent = true; });
        until_parked(1);
        let_others_run();
        CHECK_FALSE(sent);

        CHECK(ch.recv() == 7);
        sender.join();
        CHECK(sent);
    });
}

TEST_CASE("an unbuffered receive completes only with a send", "[channel][C1]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        std::atomic<bool> received = false;
        auto receiver = weft::spawn([ch, &received] {
            auto const value = ch.recv();
            received = true;
            return value;
        });
        until_parked(1);
        let_others_run();
        CHECK_FALSE(received);

        ch.send(8);
        CHECK(receiver.join() == 8);
    });
}

TEST_CASE("a channel of capacity c takes c values at once and lets the next wait", "[channel][C1]") {
    in_fibers([] {
        for (int const capacity : {1, 2, 7, 199}) {
            INFO("capacity: " << capacity);
            auto const ch = make_chan<int>(capacity);
            for (int i = 0; i != capacity; ++i) ch.send(i);
            CHECK(ch.try_send(capacity) == chan_status::would_block);

            std::atomic<bool> sent = false;
            auto sender = weft::spawn([ch, &sent, capacity] { ch.send(capacity), sent = true; });
            until_parked(1);
            let_others_run();
            CHECK_FALSE(sent);

            bool in_order = true;
            for (int i = 0; i <= capacity; ++i) in_order = in_order && ch.recv() == i;
            CHECK(in_order);
            sender.join();
        }
    });
}

TEST_CASE("a capacity that is negative or overflows is an error", "[channel][C1]") {
    struct page {
        char bytes[4096];
    };
    CHECK_THROWS_AS(make_chan<int>(-1), std::invalid_argument);
    CHECK_THROWS_AS(make_chan<int>(PTRDIFF_MIN), std::invalid_argument);
    CHECK_THROWS_AS(make_chan<page>(PTRDIFF_MAX), std::exception);
    CHECK_THROWS_AS(make_chan<page>(PTRDIFF_MAX / 2048), std::exception);
}

TEST_CASE("any number of fibers may send, receive and ask at the same time", "[channel][C3]") {
    in_fibers([] {
        constexpr int pairs = 8, each = 500;
        for (int const capacity : {0, 1, 16}) {
            INFO("capacity: " << capacity);
            auto const ch = make_chan<int>(capacity);
            std::atomic<bool> done = false;
            auto inquirer = weft::spawn([ch, &done] {
                bool sane = true;
                for (; !done; weft::this_fiber::yield()) sane = sane && ch.size() <= ch.capacity();
                return sane;
            });
            std::vector<weft::fiber<>> senders;
            std::vector<weft::fiber<long>> receivers;
            for (int i = 0; i != pairs; ++i) {
                senders.push_back(weft::spawn([ch] {
                    for (int n = 1; n <= each; ++n) ch.send(n);
                }));
                receivers.push_back(weft::spawn([ch] {
                    long sum = 0;
                    while (auto const value = ch.recv()) sum += *value;
                    return sum;
                }));
            }
            for (auto& sender : senders) sender.join();
            ch.close();
            long sum = 0;
            for (auto& receiver : receivers) sum += receiver.join();
            done = true;
            CHECK(inquirer.join());
            CHECK(sum == long{pairs} * each * (each + 1) / 2);
        }
    });
}

TEST_CASE("values of empty types are counted like others", "[channel][C6]") {
    struct nothing {};
    in_fibers([] {
        auto const units = make_chan<weft::unit>(3);
        for (int i = 0; i != 3; ++i) units.send({});
        CHECK(units.size() == 3);
        CHECK(units.try_send({}) == chan_status::would_block);
        CHECK(units.recv() == weft::unit{});
        CHECK(units.size() == 2);

        auto const nothings = make_chan<nothing>();
        auto sender = weft::spawn([nothings] { nothings.send({}), nothings.close(); });
        CHECK(nothings.recv().has_value());
        CHECK_FALSE(nothings.recv().has_value());
        sender.join();
    });
}

TEST_CASE("size is what is queued, capacity what was asked for", "[channel][C7]") {
    in_fibers([] {
        auto const ch = make_chan<int>(2);
        CHECK(ch.capacity() == 2);
        CHECK(ch.size() == 0);
        ch.send(1);
        CHECK(ch.size() == 1);
        ch.send(2);
        auto waiting = weft::spawn([ch] { ch.send(3); });
        until_parked(1);
        CHECK(ch.size() == 2);  // a value that waits outside is not queued
        CHECK(weft::recv_chan<int>(ch).size() == 2);
        CHECK(weft::send_chan<int>(ch).capacity() == 2);
        for (int i = 1; i <= 3; ++i) CHECK(ch.recv() == i);
        waiting.join();
        CHECK(ch.size() == 0);

        auto const unbuffered = make_chan<int>();
        auto sender = weft::spawn([unbuffered] { unbuffered.send(1); });
        until_parked(1);
        CHECK(unbuffered.size() == 0);
        CHECK(unbuffered.capacity() == 0);
        CHECK(unbuffered.recv() == 1);
        sender.join();
    });
}
