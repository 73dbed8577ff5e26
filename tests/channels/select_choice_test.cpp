// Which case select chooses among several, and that no choice leaves a trace.

#include <array>
#include <atomic>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::make_chan;
using weft::on_recv;
using weft::on_send;
using weft::on_timeout;
using weft::otherwise;
using weft::select;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

// True if `hits` of `trials` lies within ten standard deviations of an even choice among `ways`.
bool even(int hits, int trials, int ways) {
    double const p = 1.0 / ways, sigma = std::sqrt(trials * p * (1 - p));
    return std::abs(hits - trials * p) < 10 * sigma;
}

}  // namespace

TEST_CASE("several ready cases are chosen evenly", "[select][C16]") {
    in_fibers([] {
        constexpr int trials = 10'000;
        auto const quiet = make_chan<int>();
        weft::chan<int> const nil;
        std::array<weft::chan<int>, 3> ready{make_chan<int>(trials), make_chan<int>(trials), make_chan<int>(trials)};
        for (int i = 0; i != trials; ++i)
            for (auto const& ch : ready) ch.send(i);
        std::array<int, 6> hits{};
        std::optional<int> slot;
        for (int i = 0; i != trials; ++i)
            ++hits[select(on_recv(quiet, slot), on_recv(ready[0], slot), on_recv(nil, slot), on_recv(ready[1], slot),
                          on_recv(ready[2], slot), on_send(quiet, 1))];
        CHECK(hits[0] + hits[2] + hits[5] == 0);
        CHECK(even(hits[1], trials, 3));
        CHECK(even(hits[3], trials, 3));
        CHECK(even(hits[4], trials, 3));
    });
}

TEST_CASE("ready sends and receives are chosen evenly", "[select][C16]") {
    in_fibers([] {
        constexpr int trials = 10'000;
        auto const in = make_chan<int>(trials), out = make_chan<int>(trials);
        for (int i = 0; i != trials; ++i) in.send(i);
        int sends = 0;
        std::optional<int> slot;
        for (int i = 0; i != trials; ++i) sends += select(on_send(out, i), on_recv(in, slot)) == 0 ? 1 : 0;
        CHECK(even(sends, trials, 2));
        CHECK(out.size() == static_cast<std::size_t>(sends));
        CHECK(in.size() == static_cast<std::size_t>(sends));
    });
}

TEST_CASE("otherwise is never taken while some case is ready at every moment", "[select][C17]") {
    in_fibers([] {
        // A value is always in one of two channels: the mover puts it into the other one before it takes it out of the first.
        auto const a = make_chan<int>(2), b = make_chan<int>(2);
        a.send(1);
        std::atomic<bool> done = false;
        auto mover = weft::spawn([=, &done] {
            for (auto from = a, to = b; !done; std::swap(from, to)) {
                to.send(1);
                from.recv();
            }
        });
        int missed = 0;
        for (int i = 0; i != weft_test::sized(20'000, 10'000, 2'000); ++i) {
            std::optional<int> slot;
            switch (select(on_recv(a, slot), on_recv(b, slot), otherwise())) {
            case 0: a.send(1); break;
            case 1: b.send(1); break;
            default: ++missed;
            }
            if (i % 64 == 0) weft::this_fiber::yield();
        }
        done = true;
        CHECK(missed == 0);
        mover.join();
    });
}

TEST_CASE("100,000 selects beside a quiet channel leave no trace on it", "[select][C18]") {
    in_fibers([] {
        auto const quiet = make_chan<int>(), busy = make_chan<int>();
        constexpr int rounds = weft_test::sized(100'000, 100'000, 5'000);
        auto sender = weft::spawn([=] {
            for (int i = 0; i != rounds; ++i) busy.send(i);
        });
        std::optional<int> slot;
        bool right = true;
        for (int i = 0; i != rounds; ++i)
            right = right && select(on_recv(quiet, slot), on_recv(busy, slot)) == 1 && slot == i;
        CHECK(right);
        sender.join();
        CHECK(quiet.try_send(1) == chan_status::would_block);
        CHECK(quiet.size() == 0);
    });
}

TEST_CASE("the same channel may stand in several cases", "[select][C19]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        auto chooser = weft::spawn([ch] {
            std::optional<int> first, second;
            select(on_recv(ch, first), on_recv(ch, second), on_recv(ch, first));
            return first.value_or(0) + second.value_or(0);
        });
        until_parked(1);
        ch.send(5);
        CHECK(chooser.join() == 5);
        CHECK(ch.try_send(6) == chan_status::would_block);

        auto sender = weft::spawn([ch] { return select(on_send(ch, 7), on_send(ch, 8)); });
        until_parked(1);
        int const got = ch.recv().value();
        CHECK(sender.join() == static_cast<std::size_t>(got - 7));
        int value = 0;
        CHECK(ch.try_recv(value) == chan_status::would_block);
    });
}

TEST_CASE("a select never pairs with itself", "[select][C19]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        std::optional<int> slot;
        CHECK(select(on_recv(ch, slot), on_send(ch, 1), otherwise()) == 2);
        CHECK(select(on_recv(ch, slot), on_send(ch, 1), on_timeout(1ms)) == 2);

        auto both = weft::spawn([ch] {
            std::optional<int> mine;
            return select(on_recv(ch, mine), on_send(ch, 1));
        });
        until_parked(1);
        CHECK(ch.recv() == 1);
        CHECK(both.join() == 1);

        auto const buffered = make_chan<int>(1);  // with a buffer both directions exist, one after the other
        CHECK(select(on_recv(buffered, slot), on_send(buffered, 4)) == 1);
        CHECK(select(on_recv(buffered, slot), on_send(buffered, 5)) == 0);
        CHECK(slot == 4);
    });
}

TEST_CASE("selects over the same channels in opposite orders never deadlock, never both fire", "[select][C23][bug]") {
    in_fibers([] {
        constexpr int rounds = weft_test::sized(20'000, 10'000, 1'000);
        auto const a = make_chan<int>(), b = make_chan<int>();
        auto const party = [=](weft::chan<int> first, weft::chan<int> second) {
            long sent = 0, received = 0;
            for (int i = 0; i != rounds; ++i) {
                std::optional<int> slot;
                if (select(on_send(first, 1), on_recv(second, slot)) == 0)
                    ++sent;
                else
                    received += slot.value();
            }
            return std::array{sent, received};
        };
        auto left = weft::spawn([=] { return party(a, b); });
        auto const right = party(b, a);
        auto const other = left.join();
        CHECK(other[0] == right[1]);
        CHECK(other[1] == right[0]);
        CHECK(other[0] + other[1] == rounds);
    });
}

TEST_CASE("many selects on the same channels hand over every value once", "[select][C2][C23]") {
    in_fibers([] {
        constexpr int fibers = 4, each = weft_test::sized(5'000, 2'000, 300);
        std::array<weft::chan<int>, 3> const ch{make_chan<int>(), make_chan<int>(1), make_chan<int>(7)};
        auto const done = make_chan<weft::unit>();
        std::vector<weft::fiber<>> senders;
        std::vector<weft::fiber<long>> receivers;
        for (int f = 0; f != fibers; ++f) {
            senders.push_back(weft::spawn([=] {
                for (int i = 1; i <= each; ++i) select(on_send(ch[2], i), on_send(ch[0], i), on_send(ch[1], i));
            }));
            receivers.push_back(weft::spawn([=] {
                long sum = 0;
                std::optional<int> slot;
                while (select(on_recv(ch[0], slot), on_recv(ch[1], slot), on_recv(ch[2], slot),
                              on_recv(done, [](auto) {})) != 3)
                    sum += slot.value();
                return sum;
            }));
        }
        for (auto& sender : senders) sender.join();
        weft_test::yield_until([&] { return ch[1].size() + ch[2].size() == 0; });
        done.close();
        long sum = 0;
        for (auto& receiver : receivers) sum += receiver.join();
        CHECK(sum == long{fibers} * each * (each + 1) / 2);
    });
}
