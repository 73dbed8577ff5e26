// Random lives: fibers that start others, sleep, yield, fail, are cancelled, joined, detached, moved and dropped, with
// an account of every start and every end. Replay one with WEFT_TEST_SEED.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>
#include <weft/blocking.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"
#include "support/seed.hpp"

using weft_test::below;
using weft_test::engine;

namespace {

struct failure {};

using children = std::vector<weft::fiber<std::uint64_t>>;

std::uint64_t live(std::uint64_t seed, int depth);

// Starts a child, or ends one in some way.
void step(engine& dice, children& own, int depth) {
    auto const pick = [&]() -> weft::fiber<std::uint64_t>& { return own[below(dice, own.size())]; };
    switch (below(dice, own.empty() ? 5 : 10)) {
    case 0:
    case 1:
        if (depth > 0) own.push_back(weft::spawn(live, dice(), depth - 1));
        break;
    case 2:
        if (depth > 0) weft::spawn({.name = "detached"}, live, dice(), depth - 1).detach();
        break;
    case 3: weft::this_fiber::sleep_for(std::chrono::microseconds(below(dice, 100))); break;
    case 4: weft::this_fiber::yield(); break;
    case 5: pick().cancel(); break;
    case 6: pick() = {}; break;
    case 7: std::swap(pick(), own.back()); break;
    case 8:
        if (auto& child = pick(); child.joinable()) child.join_for(std::chrono::microseconds(below(dice, 50)));
        break;
    default:
        if (weft::fiber<std::uint64_t> child = std::exchange(pick(), {}); child.joinable()) {
            try {
                child.join();
            } catch (failure const&) {}
        }
    }
}

std::uint64_t live(std::uint64_t seed, int depth) {
    weft_test::counted const presence;  // the fixture finds frames that were not unwound
    engine dice(seed);
    children own;
    for (std::uint64_t left = 4 + below(dice, 12); left != 0; --left) step(dice, own, depth);
    if (below(dice, 50) == 0) weft::blocking([] { std::this_thread::yield(); });
    return dice();
}

// A life whose caller may be told to fail.
void one_life(std::uint64_t seed) {
    auto root = weft::spawn([seed] {
        auto inner = weft::spawn(live, seed, 4);
        auto failing = weft::spawn([]() -> std::uint64_t { throw failure(); });
        try {
            failing.join();
        } catch (failure const&) {}
        try {
            inner.join();
        } catch (weft::cancelled const&) {}
    });
    if (seed % 3 == 0) root.cancel();
    if (seed % 3 != 1) return;  // dropped
    root.join();
}

void random_lives(bool from_threads) {
    std::uint64_t const seed = weft_test::seed_of("random lives");
    weft_test::with_workers([&](weft::runtime_options options) {
        INFO("WEFT_TEST_SEED=" << seed);
        options.seed = seed;
        weft::runtime rt(options);
        auto const all = [&rt](std::uint64_t from) {
            engine dice(from);
            for (int i = 0; i != weft_test::sized(300, 100, 25); ++i)
                rt.spawn([life = dice()] { one_life(life); }).join();
        };
        if (!from_threads) return all(seed);
        std::thread one([&] { all(seed + 1); }), two([&] { all(seed + 2); });
        all(seed);
        one.join(), two.join();
    });
}

}  // namespace

TEST_CASE("random lives leave nothing behind", "[stress][spawn][cancel]") { random_lives(false); }

TEST_CASE("random lives started from several threads leave nothing behind", "[stress][spawn][cancel][thread]") {
    random_lives(true);
}
