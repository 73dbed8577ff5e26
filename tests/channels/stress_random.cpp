// Random programs: fibers that send, receive, select, time out, close and are cancelled, on a handful of channels, with an account
// of every value. Replay one with WEFT_TEST_SEED.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"
#include "support/seed.hpp"

using weft::chan_status;
using weft::make_chan;
using weft_test::below;
using weft_test::engine;

namespace {

using std::chrono::microseconds;

// What a fiber put in and took out: equal sums and equal counts over all fibers mean that nothing was lost or doubled.
struct account {
    std::uint64_t sent = 0, sent_sum = 0, received = 0, received_sum = 0;

    void send(std::uint64_t value) { ++sent, sent_sum += value; }
    void receive(std::optional<std::uint64_t> value) {
        if (value) ++received, received_sum += *value;
    }
    void add(account const& other) {
        sent += other.sent, sent_sum += other.sent_sum;
        received += other.received, received_sum += other.received_sum;
    }
};

using channels = std::array<weft::chan<std::uint64_t>, 4>;

// One random step. A value counts as sent only once the call said so.
void step(engine& dice, channels const& all, account& own) {
    auto const& a = all[below(dice, all.size())];
    auto const& b = all[below(dice, all.size())];
    std::uint64_t const value = dice() >> 8;
    std::optional<std::uint64_t> slot;
    auto const soon = microseconds(below(dice, 200));
    switch (below(dice, 9)) {
    case 0:
        if (a.try_send(value) == chan_status::ok) own.send(value);
        break;
    case 1: a.try_recv(slot); break;
    case 2:
        if (a.send_for(value, soon) == chan_status::ok) own.send(value);
        break;
    case 3: a.recv_for(slot, soon); break;
    case 4:
        weft::select(weft::on_send(a, value, [&] { own.send(value); }), weft::on_recv(b, slot), weft::on_timeout(soon));
        break;
    case 5: weft::select(weft::on_recv(a, slot), weft::on_recv(b, slot), weft::otherwise()); break;
    case 6:
        weft::select(weft::on_send(a, value, [&] { own.send(value); }),
                     weft::on_send(b, value, [&] { own.send(value); }), weft::on_timeout(soon));
        break;
    case 7:
        weft::select(weft::on_recv(a, slot), weft::on_recv(b, slot), weft::on_send(a, value, [&] { own.send(value); }),
                     weft::on_timeout(soon));
        break;
    default: weft::this_fiber::yield();
    }
    own.receive(slot);
}

// Takes `steps` random steps; a closed channel or a cancellation in the middle of one is part of the game.
void play(engine dice, channels const& all, int steps, account& own) {
    for (int i = 0; i != steps; ++i) {
        try {
            step(dice, all, own);
        } catch (weft::closed_channel const&) {
        } catch (weft::cancelled const&) {
            return;
        }
    }
}

// What is still in the buffers counts as received.
void drain(channels const& all, account& total) {
    for (auto const& ch : all)
        for (std::optional<std::uint64_t> slot; ch.try_recv(slot) == chan_status::ok;) total.receive(slot);
}

void random_program(std::uint64_t seed, bool with_close, bool with_cancel) {
    engine dice(seed);
    constexpr std::size_t players = 12;
    channels all;
    for (auto& ch : all) ch = make_chan<std::uint64_t>(static_cast<std::ptrdiff_t>(below(dice, 4)));

    std::vector<account> accounts(players);
    std::vector<weft::fiber<>> fibers;
    constexpr int steps = weft_test::sized(2'000, 800, 150);
    for (account& own : accounts)
        fibers.push_back(weft::spawn([&all, &own, start = dice()] { play(engine(start), all, steps, own); }));

    if (with_cancel)
        for (std::size_t i = 0; i < players; i += 2) {
            for (std::uint64_t turns = below(dice, 50); turns != 0; --turns) weft::this_fiber::yield();
            fibers[i].cancel();
        }
    if (with_close)
        for (auto const& ch : all) {
            for (std::uint64_t turns = below(dice, 50); turns != 0; --turns) weft::this_fiber::yield();
            ch.close();
        }
    for (auto& fiber : fibers) {
        try {
            fiber.join();
        } catch (weft::cancelled const&) {  // before its first step
        }
    }

    account total;
    for (account const& own : accounts) total.add(own);
    drain(all, total);
    CHECK(total.sent == total.received);
    CHECK(total.sent_sum == total.received_sum);
}

void random_programs(char const* name, bool with_close, bool with_cancel) {
    std::uint64_t const seed = weft_test::seed_of(name);
    weft_test::with_workers([&](weft::runtime_options options) {
        options.seed = seed;
        weft::run(
            [&] {
                engine dice(seed);
                for (int program = 0; program != weft_test::sized(20, 10, 5); ++program) {
                    INFO("WEFT_TEST_SEED=" << seed << ", program " << program);
                    random_program(dice(), with_close, with_cancel);
                }
            },
            options);
    });
}

}  // namespace

TEST_CASE("random programs lose and double nothing", "[stress][channel][select][C2]") {
    random_programs("random programs", false, false);
}

TEST_CASE("random programs whose channels close lose and double nothing", "[stress][channel][select][C12]") {
    random_programs("random programs with close", true, false);
}

TEST_CASE("random programs whose fibers are cancelled lose and double nothing",
          "[stress][channel][select][cancel][C39]") {
    random_programs("random programs with cancel", false, true);
}

TEST_CASE("random programs with everything lose and double nothing", "[stress][channel][select][cancel]") {
    random_programs("random programs with close and cancel", true, true);
}
