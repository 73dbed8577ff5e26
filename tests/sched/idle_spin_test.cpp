// When a worker stays awake for the next event.

#include "idle_spin.hpp"

#include <chrono>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using weft::detail::idle_spin;

namespace {

constexpr auto limit = 50us;
constexpr auto soon = limit - 1us;

// How many of `sleeps` in a row, all short, are followed by staying awake in vain.
int vain_attempts(idle_spin& spin, int sleeps) {
    int attempts = 0;
    for (int i = 0; i != sleeps; ++i) {
        spin.slept(soon);
        if (!spin.begin()) continue;
        spin.in_vain();
        ++attempts;
    }
    return attempts;
}

}  // namespace

TEST_CASE("staying awake is tried after an event that came soon", "[idle_spin]") {
    idle_spin spin(limit);
    CHECK(spin.limit() == limit);
    CHECK_FALSE(spin.begin());
    spin.slept(limit);
    spin.slept(1h);
    CHECK_FALSE(spin.begin());
    spin.slept(soon);
    CHECK(spin.begin());
    CHECK_FALSE(spin.begin());
}

TEST_CASE("staying awake goes on while it succeeds", "[idle_spin]") {
    idle_spin spin(limit);
    spin.slept(soon);
    for (int i = 0; i != 100; ++i) {
        CHECK(spin.begin());
        spin.found();
    }
    CHECK(spin.begin());
    spin.in_vain();
    CHECK_FALSE(spin.begin());
}

TEST_CASE("staying awake in vain is tried ever less, until it succeeds", "[idle_spin]") {
    idle_spin spin(limit);
    CHECK(vain_attempts(spin, 100) == 6);      // after 1, 2 + 2, 4 + 4, ...
    CHECK(vain_attempts(spin, 10'240) == 13);  // then every 1,024
    while (!spin.begin()) spin.slept(soon);
    spin.found();
    CHECK(spin.begin());
    spin.in_vain();
    spin.slept(soon);
    CHECK_FALSE(spin.begin());
    spin.slept(soon);
    CHECK(spin.begin());
}

TEST_CASE("without a limit to stay within, nobody stays awake", "[idle_spin]") {
    idle_spin spin(0us);
    for (auto const length : {0ns, 1ns, 1'000'000'000ns}) {
        spin.slept(length);
        CHECK_FALSE(spin.begin());
    }
}
