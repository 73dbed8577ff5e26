// Loops over several workers.

#include <atomic>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <weft/context.hpp>
#include <weft/go.hpp>
#include <weft/parallel.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using weft::parallel_for;
using weft::parallel_map;
using weft_test::in_fibers;

TEST_CASE("a parallel loop calls once for each element", "[parallel]") {
    in_fibers([] {
        for (std::size_t const count : {0u, 1u, 2u, 7u, 64u, 1000u}) {
            for (std::size_t const grain : {0u, 1u, 3u, 5000u}) {
                std::vector<std::atomic<int>> calls(count);
                parallel_for(std::size_t{0}, count, [&](std::size_t i) { ++calls[i]; }, {.fibers = 3, .grain = grain});
                bool once = true;
                for (auto const& c : calls) once = once && c == 1;
                CHECK(once);
            }
        }
    });
}

TEST_CASE("the bounds of a parallel loop may be anything", "[parallel]") {
    in_fibers([] {
        std::atomic<int> sum = 0;
        parallel_for(-5, 6, [&](int i) { sum += i * i; });
        CHECK(sum == 110);
        parallel_for(3, -3, [&](int) { sum = -1; });
        CHECK(sum == 110);
        std::atomic<int> calls = 0;
        constexpr auto low = std::numeric_limits<std::int8_t>::min(), high = std::numeric_limits<std::int8_t>::max();
        parallel_for(low, high, [&](std::int8_t) { ++calls; });
        CHECK(calls == 255);
    });
}

TEST_CASE("a parallel loop runs over a container, and maps it in order", "[parallel]") {
    in_fibers([] {
        std::vector<int> numbers(500);
        std::iota(numbers.begin(), numbers.end(), 0);
        parallel_for(numbers, [](int& n) { n *= 2; });
        auto const texts = parallel_map(numbers, [](int n) { return std::to_string(n); }, {.grain = 7});
        bool right = texts.size() == 500;
        for (std::size_t i = 0; right && i != texts.size(); ++i) right = texts[i] == std::to_string(2 * i);
        CHECK(right);
        CHECK(parallel_map(std::vector<int>{}, [](int) { return true; }).empty());
        CHECK(parallel_map(std::vector{1, 2}, [](int n) { return n == 1; }) == std::vector{true, false});
    });
}

TEST_CASE("the first exception stops a parallel loop", "[parallel]") {
    in_fibers([] {
        std::atomic<int> calls = 0;
        CHECK_THROWS_AS(parallel_for(0, 1'000'000,
                                     [&](int i) {
                                         ++calls;
                                         if (i == 10) throw std::runtime_error("ten");
                                     },
                                     {.grain = 1}),
                        std::runtime_error);
        CHECK(calls < 1'000'000);
    });
}

TEST_CASE("a parallel loop can be cancelled between two pieces", "[parallel][C39]") {
    in_fibers([] {
        std::atomic<bool> begun = false;
        std::atomic<int> calls = 0;
        auto loop = weft::spawn([&] {
            parallel_for(0, 1'000'000'000,
                         [&](int) {
                             begun = true;
                             ++calls;
                             weft::this_fiber::yield();
                         },
                         {.grain = 1});
        });
        weft_test::yield_until([&] { return begun.load(); });
        loop.cancel();
        CHECK_THROWS_AS(loop.join(), weft::cancelled);
        CHECK(calls < 1'000'000'000);
    });
}

TEST_CASE("a parallel loop on a thread without a runtime runs there", "[parallel][thread]") {
    int sum = 0;
    parallel_for(0, 10, [&](int i) { sum += i; });
    CHECK(sum == 45);
}

TEST_CASE("a shielded parallel loop is complete, although its context is cancelled", "[parallel][cancel]") {
    in_fibers([] {
        auto const [ctx, cancel] = weft::with_cancel({});
        weft::with_context(ctx, [&cancel = cancel] {
            cancel();
            weft::this_fiber::shield const cleaning_up;
            std::atomic<int> calls = 0;
            weft::parallel_for(0, 100,
                               [&](int) {
                                   weft::this_fiber::yield();
                                   ++calls;
                               },
                               {.fibers = 4, .grain = 1});
            CHECK(calls == 100);
        });
    });
}

TEST_CASE("a parallel loop on a plain thread runs there, however many fibers it asks for", "[parallel][thread]") {
    auto const me = std::this_thread::get_id();
    int calls = 0;
    weft::parallel_for(0, 10, [&](int) { calls += std::this_thread::get_id() == me; }, {.fibers = 4, .grain = 1});
    CHECK(calls == 10);
}
