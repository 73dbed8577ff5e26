// The order in which values and waiters are served.

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <utility>
#include <vector>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"

using weft::chan_status;
using weft::make_chan;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

struct stamped {
    int sender, number;
};

// True if the values of each sender arrive here with rising numbers.
bool rising(std::vector<stamped> const& arrived, int senders) {
    std::vector<int> last(static_cast<std::size_t>(senders), -1);
    for (auto const& [sender, number] : arrived) {
        int& previous = last[static_cast<std::size_t>(sender)];
        if (number <= previous) return false;
        previous = number;
    }
    return true;
}

// Sends `each` values from each of `senders` fibers to `receivers` fibers; true if all arrive once, in their sender's order.
bool keeps_order(int capacity, int senders, int receivers, int each) {
    auto const ch = make_chan<stamped>(capacity);
    std::vector<weft::fiber<>> sending;
    std::vector<weft::fiber<std::vector<stamped>>> receiving;
    for (int s = 0; s != senders; ++s)
        sending.push_back(weft::spawn([ch, s, each] {
            for (int n = 0; n != each; ++n) ch.send(stamped{s, n});
        }));
    for (int r = 0; r != receivers; ++r)
        receiving.push_back(weft::spawn([ch] {
            std::vector<stamped> arrived;
            for (stamped value : ch) arrived.push_back(value);
            return arrived;
        }));
    for (auto& sender : sending) sender.join();
    ch.close();

    bool in_order = true;
    std::map<std::pair<int, int>, int> times;
    for (auto& receiver : receiving) {
        auto const arrived = receiver.join();
        in_order = in_order && rising(arrived, senders);
        for (auto const& [sender, number] : arrived) ++times[{sender, number}];
    }
    return in_order && times.size() == static_cast<std::size_t>(senders) * static_cast<std::size_t>(each) &&
           std::ranges::all_of(times, [](auto const& arrived) { return arrived.second == 1; });
}

}  // namespace

TEST_CASE("values keep their sender's order for every capacity", "[channel][C2]") {
    in_fibers([] {
        for (int capacity = 0; capacity != 200; ++capacity) {
            INFO("capacity: " << capacity);
            CHECK(keeps_order(capacity, 1, 1, 250));
        }
    });
}

TEST_CASE("nothing is lost or doubled between many senders and many receivers", "[channel][C2]") {
    in_fibers([] {
        for (int capacity = 0; capacity < 200; capacity += capacity < 8 ? 1 : 37) {
            INFO("capacity: " << capacity);
            CHECK(keeps_order(capacity, 5, 3, weft_test::sized(500, 200, 100)));
            CHECK(keeps_order(capacity, 2, 7, weft_test::sized(500, 200, 100)));
        }
    });
}

TEST_CASE("waiting receivers are served first come, first served", "[channel][C4]") {
    in_fibers([] {
        for (int const capacity : {0, 4}) {
            INFO("capacity: " << capacity);
            auto const ch = make_chan<int>(capacity);
            std::vector<weft::fiber<std::optional<int>>> receivers;
            for (int i = 0; i != 20; ++i) {
                receivers.push_back(weft::spawn([ch] { return ch.recv(); }));
                until_parked(receivers.size());
            }
            for (int i = 0; i != 20; ++i) ch.send(i);
            for (int i = 0; i != 20; ++i) CHECK(receivers[static_cast<std::size_t>(i)].join() == i);
        }
    });
}

TEST_CASE("waiting senders are served first come, first served", "[channel][C4]") {
    in_fibers([] {
        for (int const capacity : {0, 4}) {
            INFO("capacity: " << capacity);
            auto const ch = make_chan<int>(capacity);
            for (int i = 0; i != capacity; ++i) ch.send(i);
            std::vector<weft::fiber<>> senders;
            for (int i = 0; i != 20; ++i) {
                senders.push_back(weft::spawn([ch, value = capacity + i] { ch.send(value); }));
                until_parked(senders.size());
            }
            for (int i = 0; i != capacity + 20; ++i) CHECK(ch.recv() == i);
            for (auto& sender : senders) sender.join();
        }
    });
}

TEST_CASE("waiters in a select queue with the others", "[channel][select][C4]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        std::vector<weft::fiber<std::optional<int>>> receivers;
        for (int i = 0; i != 10; ++i) {
            receivers.push_back(weft::spawn([ch, i]() -> std::optional<int> {
                std::optional<int> value;
                if (i % 2 == 0) return ch.recv();
                weft::select(weft::on_recv(ch, value));
                return value;
            }));
            until_parked(receivers.size());
        }
        for (int i = 0; i != 10; ++i) ch.send(i);
        for (int i = 0; i != 10; ++i) CHECK(receivers[static_cast<std::size_t>(i)].join() == i);
    });
}

TEST_CASE("nobody barges in before a sleeper that was served", "[channel][C4]") {
    in_fibers([] {
        for (int round = 0; round != 50; ++round) {
            auto const ch = make_chan<int>(1);
            auto receiver = weft::spawn([ch] { return ch.recv(); });
            until_parked(1);
            ch.send(1);  // completes the sleeper's receive
            int stolen = 0;
            CHECK(ch.try_recv(stolen) == chan_status::would_block);
            CHECK(receiver.join() == 1);

            ch.send(2);
            auto sender = weft::spawn([ch] { ch.send(3); });
            until_parked(1);
            CHECK(ch.recv() == 2);  // completes the sleeper's send
            CHECK(ch.try_send(4) == chan_status::would_block);
            CHECK(ch.recv() == 3);
            sender.join();
        }
    });
}

TEST_CASE("a receive from a full channel takes the oldest and lets the first sender in", "[channel][C5]") {
    in_fibers([] {
        auto const ch = make_chan<int>(2);
        ch.send(1);
        ch.send(2);
        auto third = weft::spawn([ch] { ch.send(3); });
        until_parked(1);
        auto fourth = weft::spawn([ch] { ch.send(4); });
        until_parked(2);

        CHECK(ch.recv() == 1);
        CHECK(ch.size() == 2);
        third.join();
        for (int i = 2; i <= 4; ++i) CHECK(ch.recv() == i);
        fourth.join();
    });
}
