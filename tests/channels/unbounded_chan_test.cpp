// make_unbounded_chan: a channel whose buffer grows and shrinks.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/counted.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::make_unbounded_chan;
using weft_test::counted;
using weft_test::fragile;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;

TEST_CASE("sending to an unbounded channel does not wait, and the order is kept", "[unbounded][C2]") {
    in_fibers([] {
        constexpr int values = weft_test::sized(100'000, 50'000, 10'000);
        auto const ch = make_unbounded_chan<int>();
        CHECK(ch.capacity() == SIZE_MAX);
        for (int i = 0; i != values; ++i) ch.send(i);
        CHECK(ch.size() == static_cast<std::size_t>(values));
        int wrong = 0;
        for (int i = 0; i != values; ++i) wrong += ch.recv() == i ? 0 : 1;
        CHECK(wrong == 0);
        CHECK(ch.size() == 0);
    });
}

TEST_CASE("an unbounded channel may be bounded: then senders wait, or are told", "[unbounded][C1]") {
    in_fibers([] {
        for (int const most : {0, 1, 63, 64, 65, 100, 1000}) {
            INFO("max_items: " << most);
            auto const ch = make_unbounded_chan<int>(static_cast<std::size_t>(most));
            CHECK(ch.capacity() == static_cast<std::size_t>(most));
            for (int i = 0; i != most; ++i) {
                if (i % 3 == 0)
                    ch.send(i);
                else if (i % 3 == 1)
                    CHECK(ch.try_send(i) == chan_status::ok);
                else
                    CHECK(weft::select(weft::on_send(ch, i), weft::otherwise()) == 0);
            }
            CHECK(ch.size() == static_cast<std::size_t>(most));
            CHECK(ch.try_send(-1) == chan_status::would_block);
            CHECK(ch.send_for(-1, 1ms) == chan_status::timed_out);
            CHECK(weft::select(weft::on_send(ch, -1), weft::otherwise()) == 1);
            auto sender = weft::spawn([&] { ch.send(most); });
            until_parked(1);
            int wrong = 0;
            for (int i = 0; i <= most; ++i) wrong += ch.recv() == i ? 0 : 1;
            CHECK(wrong == 0);
            sender.join();
        }
    });
}

TEST_CASE("an unbounded channel closes as any other", "[unbounded][C11][C13]") {
    in_fibers([] {
        auto const ch = make_unbounded_chan<std::string>();
        for (int i = 0; i != 200; ++i) ch.send(std::to_string(i));
        ch.close();
        CHECK_THROWS_AS(ch.send("too late"), weft::closed_channel);
        std::string const late = "late";
        CHECK(ch.try_send(late) == chan_status::closed);
        int next = 0;
        bool in_order = true;
        for (auto const& text : ch) in_order = in_order && text == std::to_string(next++);
        CHECK(in_order);
        CHECK(next == 200);
    });
}

TEST_CASE("a receiver that waits gets the value at once", "[unbounded][C4]") {
    in_fibers([] {
        auto const ch = make_unbounded_chan<int>();
        auto one = weft::spawn([&] { return ch.recv(); });
        auto other = weft::spawn([&] {
            std::optional<int> value;
            weft::select(weft::on_recv(ch, value), weft::on_timeout(1h));
            return value;
        });
        until_parked(2);
        ch.send(1);
        ch.send(2);
        CHECK(*one.join() + *other.join() == 3);
        CHECK(ch.size() == 0);
    });
}

TEST_CASE("many senders and receivers, fibers and threads: nothing is lost, each sender's order is kept",
          "[unbounded][thread][C2][C3]") {
    with_workers([](weft::runtime_options options) {
        constexpr int values = weft_test::sized(20'000, 10'000, 2'000);
        constexpr int senders = 4;
        struct message {
            int from, number;
        };
        auto const ch = make_unbounded_chan<message>();
        auto const send = [&](int me) {
            for (int i = 0; i != values; ++i) {
                if (i % 5 == 0)
                    weft::select(weft::on_send(ch, message{me, i}));
                else
                    ch.send({me, i});
                if (i % 1000 == 0) weft::this_fiber::yield();
            }
        };
        std::atomic<long> received = 0;
        std::atomic<int> disordered = 0;
        auto const receive = [&] {
            int last[senders] = {-1, -1, -1, -1};
            for (message m : ch) {
                ++received;
                if (m.number <= last[m.from]) ++disordered;
                last[m.from] = m.number;
            }
        };
        std::thread sending(send, 0), receiving(receive);
        weft::run(
            [&] {
                std::vector<weft::fiber<>> sends, receives;
                for (int i = 1; i != senders; ++i) sends.push_back(weft::spawn(send, i));
                for (int i = 0; i != 2; ++i) receives.push_back(weft::spawn(receive));
                for (auto& fiber : sends) fiber.join();
                sending.join();
                ch.close();
                for (auto& fiber : receives) fiber.join();
            },
            options);
        receiving.join();
        CHECK(received == long{senders} * values);
        CHECK(disordered == 0);
    });
}

TEST_CASE("bursts come and go, and every value is destroyed once", "[unbounded][C9]") {
    in_fibers([] {
        {
            auto const ch = make_unbounded_chan<counted>();
            for (int const burst : {10, 1'000, 5'000, 3, 700}) {
                for (int i = 0; i != burst; ++i) ch.send(counted(i));
                int wrong = 0;
                for (int i = 0; i != burst; ++i) wrong += ch.recv()->value() == i ? 0 : 1;
                CHECK(wrong == 0);
                CHECK(counted::live() == 0);
                // Few at a time, many times: the large buffer is not kept for them.
                for (int i = 0; i != 500; ++i) {
                    ch.send(counted(i));
                    if (ch.recv()->value() != i) ++wrong;
                }
                CHECK(wrong == 0);
            }
            for (int i = 0; i != 500; ++i) ch.send(counted(i));
        }
        CHECK(counted::live() == 0);
    });
}

TEST_CASE("values that may throw when they move are not lost by growing", "[unbounded][C9]") {
    in_fibers([] {
        auto const ch = make_unbounded_chan<fragile>();
        for (int i = 0; i != 300; ++i) ch.send(fragile(i));
        int broken = 0;
        for (int next = 0; next != 300;) {
            fragile::light(next % 3 == 0 ? 1 : -1);
            try {
                auto const value = ch.recv();
                fragile::light(-1);
                if (value->value() != next) break;
                ++next;
            } catch (fragile::broken const&) {
                ++broken;
                fragile::light(-1);
                // It is first in line again, while others come behind it.
                for (int i = 0; i != 2 && broken <= 10; ++i) ch.send(fragile(300));
                if (ch.recv()->value() != next) break;
                ++next;
            }
        }
        CHECK(broken == 100);
        CHECK(ch.size() == 20);
    });
}

TEST_CASE("move-only values go through an unbounded channel", "[unbounded]") {
    in_fibers([] {
        auto const ch = make_unbounded_chan<std::unique_ptr<int>>(1'000);
        for (int i = 0; i != 1'000; ++i) ch.send(std::make_unique<int>(i));
        auto kept = std::make_unique<int>(7);
        CHECK(ch.try_send(std::move(kept)) == chan_status::would_block);
        CHECK(kept != nullptr);  // NOLINT(bugprone-use-after-move): a send that fails leaves its value
        int wrong = 0;
        for (int i = 0; i != 1'000; ++i) wrong += **ch.recv() == i ? 0 : 1;
        CHECK(wrong == 0);
    });
}
