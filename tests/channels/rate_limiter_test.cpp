// The token bucket.

#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>
#include <weft/go.hpp>
#include <weft/rate_limiter.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::rate_limiter;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a burst is there at once, and then tokens come at the rate", "[rate_limiter]") {
    in_fibers([] {
        rate_limiter limiter(1000, 5);
        auto const start = weft::clock::now();
        for (int i = 0; i != 15; ++i) limiter.acquire();
        CHECK(weft::clock::now() - start >= 10ms - 1us);  // in doubles, a little less than ten intervals
    });
}

TEST_CASE("a try takes what is there, and nothing otherwise", "[rate_limiter]") {
    in_fibers([] {
        rate_limiter limiter(0, 5);
        CHECK(limiter.tokens() == 5);
        CHECK(limiter.try_acquire(3));
        CHECK_FALSE(limiter.try_acquire(3));
        CHECK(limiter.try_acquire(2));
        CHECK_FALSE(limiter.try_acquire());
        CHECK(limiter.tokens() == 0);
        CHECK_FALSE(limiter.try_acquire_for(1h));  // never, so not now either
    });
}

TEST_CASE("who would have to wait too long hears it at once", "[rate_limiter]") {
    in_fibers([] {
        rate_limiter limiter(1.0 / 3600, 1);
        CHECK(limiter.try_acquire());
        auto const start = weft::clock::now();
        CHECK_FALSE(limiter.try_acquire_for(30min));
        CHECK(weft::clock::now() - start < 10min);
        CHECK(limiter.tokens() >= 0);  // nothing was taken
    });
}

TEST_CASE("a cancelled waiter gives its tokens back", "[rate_limiter][C39]") {
    in_fibers([] {
        rate_limiter limiter(0, 5);
        CHECK(limiter.try_acquire(2));
        auto waiter = weft::spawn([&] { limiter.acquire(4); });
        until_parked(1);
        CHECK(limiter.tokens() == -1);
        waiter.cancel();
        CHECK_THROWS_AS(waiter.join(), weft::cancelled);
        CHECK(limiter.tokens() == 3);
    });
}

TEST_CASE("limits of a limiter", "[rate_limiter]") {
    in_fibers([] {
        CHECK_THROWS_AS(rate_limiter(-1, 1), std::invalid_argument);
        CHECK_THROWS_AS(rate_limiter(std::nan(""), 1), std::invalid_argument);
        rate_limiter limiter(100, 2);
        CHECK_THROWS_AS(limiter.acquire(3), std::invalid_argument);
        CHECK_FALSE(limiter.try_acquire(3));
        CHECK_THROWS_AS(limiter.set_rate(-1), std::invalid_argument);
        limiter.set_rate(std::numeric_limits<double>::infinity());
        limiter.acquire(1000);
        CHECK(std::isinf(limiter.tokens()));
    });
}

TEST_CASE("many fibers together do not exceed the rate", "[rate_limiter][stress]") {
    in_fibers([] {
        rate_limiter limiter(20'000, 10);
        auto const start = weft::clock::now();
        std::vector<weft::fiber<>> users;
        for (int i = 0; i != 10; ++i)
            users.push_back(weft::spawn([&] {
                for (int n = 0; n != 20; ++n) limiter.acquire();
            }));
        for (auto& user : users) user.join();
        CHECK(weft::clock::now() - start >= 190 * 50us - 1us);
    });
}
