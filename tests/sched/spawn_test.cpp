// Starting fibers and what comes back.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"
#include "support/stack.hpp"

using weft_test::counted;
using weft_test::dig;
using weft_test::in_fibers;
using weft_test::sanitized;
using weft_test::yield_until;

TEST_CASE("spawn gives back results of every kind", "[spawn]") {
    in_fibers([] {
        CHECK(weft::spawn([] { return 1; }).join() == 1);
        CHECK(*weft::spawn([] { return std::make_unique<int>(2); }).join() == 2);
        int kept = 3;
        auto by_reference = weft::spawn([&]() -> int& { return kept; });
        static_assert(std::is_same_v<decltype(by_reference), weft::fiber<int&>>);
        CHECK(&by_reference.join() == &kept);
        weft::spawn([&] { kept = 4; }).join();
        CHECK(kept == 4);

        std::array<int, 1'000> large = weft::spawn([] {
                                           std::array<int, 1'000> result;
                                           result.fill(5);
                                           return result;
                                       }).join();
        CHECK(large[999] == 5);
    });
}

TEST_CASE("an exception waits for join", "[spawn][C41]") {
    in_fibers([] {
        auto failing = weft::spawn([]() -> int { throw std::runtime_error("late"); });
        yield_until([&] { return failing.join_until(weft::clock::now()); });
        try {
            failing.join();
            FAIL("nothing thrown");
        } catch (std::runtime_error const& error) {
            CHECK(error.what() == std::string("late"));
        }
        CHECK_FALSE(failing.joinable());
        CHECK_THROWS_AS(weft::spawn([] { throw 1; }).join(), int);
    });
}

TEST_CASE("a fiber that throws leaves no result to destroy, also not one that it had begun to return",
          "[spawn][C41][bug]") {
    in_fibers([] {
        auto const half_done = []() -> weft_test::counted {
            weft_test::counted begun(1);  // in the place of the result
            if (begun.value() == 1) throw 1;
            return begun;
        };
        CHECK_THROWS_AS(weft::spawn(half_done).join(), int);
        CHECK(weft_test::counted::live() == 0);
        auto in_a_handle = weft::spawn(half_done);
        in_a_handle.join_until(weft::clock::time_point::max());
        in_a_handle = {};  // unjoined
        CHECK(weft_test::counted::live() == 0);
    });
}

TEST_CASE("callable and arguments are decay-copied and invoked as std::thread does", "[spawn]") {
    in_fibers([] {
        CHECK(weft::spawn([](int a, std::string b) { return b + std::to_string(a); }, 1, "a").join() == "a1");
        CHECK(*weft::spawn([](std::unique_ptr<int> p) { return p; }, std::make_unique<int>(2)).join() == 2);

        int target = 0;
        weft::spawn([](int& t) { t = 3; }, std::ref(target)).join();
        CHECK(target == 3);

        struct adder {
            int base;
            int add(int n) const { return base + n; }
        } const four{4};
        CHECK(weft::spawn(&adder::add, four, 1).join() == 5);
        CHECK(weft::spawn(&adder::add, &four, 2).join() == 6);

        int local = 7;
        auto copied = weft::spawn([](int n) { return n; }, local);
        local = 0;
        CHECK(copied.join() == 7);

        std::atomic<int> ran = 0;
        weft::go([&ran](int n) { ran += n; }, 1);
        weft::go(
            {.name = "named"}, [&ran](int n, int m) { ran += n + m; }, 2, 3);
        weft::go([&ran] { ran += 10; });
        yield_until([&] { return ran == 16; });
    });
}

TEST_CASE("callable, arguments and result are destroyed once", "[spawn][C9]") {
    in_fibers([] {
        long const before = counted::live();
        auto fiber = weft::spawn([held = counted(1)](counted given) { return counted(held.value() + given.value()); },
                                 counted(2));
        CHECK(fiber.join().value() == 3);
        fiber = {};
        CHECK(counted::live() == before);

        weft::go([held = counted(1)] { (void)held; });
        {
            auto failing = weft::spawn([held = counted(1)]() -> counted { throw held.value(); });
        }
        weft::spawn([] { return counted(1); }).detach();
        yield_until([&] { return counted::live() == before && weft::detail::live_fibers() == 1; });
        {
            auto dropped = weft::spawn([] { return counted(1); });
        }
        CHECK(counted::live() == before);
    });
}

TEST_CASE("a callable too large for the stack's top page works", "[spawn]") {
    in_fibers([] {
        std::array<char, 10'000> big;
        big.fill('b');
        auto const count = [big] {
            int bs = 0;
            for (char c : big) bs += c == 'b';
            return bs;
        };
        CHECK(weft::spawn(count).join() == 10'000);
        CHECK(weft::spawn({.stack_bytes = 64 * 1024}, count).join() == 10'000);
    });
}

TEST_CASE("an over-aligned callable is aligned", "[spawn]") {
    struct alignas(64) line {
        char byte = 1;
    };
    in_fibers([] {
        auto misplaced = weft::spawn([held = line()] { return reinterpret_cast<std::uintptr_t>(&held) % 64; });
        CHECK(misplaced.join() == 0);
    });
}

TEST_CASE("a copy that throws starts nothing", "[spawn]") {
    in_fibers([] {
        weft_test::fragile const value(1);
        auto const use = [](weft_test::fragile const&) {};
        weft_test::fragile::light(1);
        CHECK_THROWS_AS(weft::spawn(use, value), weft_test::fragile::broken);
        weft_test::fragile::light(1);
        CHECK_THROWS_AS(weft::go(use, value), weft_test::fragile::broken);
        weft_test::fragile::light(-1);
        CHECK(weft::detail::live_fibers() == 1);
        weft::spawn(use, value).join();
    });
}

TEST_CASE("a fiber has a number and may have a name", "[spawn]") {
    in_fibers([] {
        auto const self = weft::this_fiber::get_id();
        auto named = weft::spawn({.name = "bobbin"}, [] {
            return std::pair(weft::this_fiber::get_id(), std::string(weft::this_fiber::name()));
        });
        auto const id = named.get_id();
        auto const [seen_id, seen_name] = named.join();
        CHECK(id == seen_id);
        CHECK(id != self);
        CHECK(seen_name == "bobbin");

        std::string const longer(100, 'x');
        CHECK(weft::spawn({.name = longer}, [] { return std::string(weft::this_fiber::name()); }).join() ==
              longer.substr(0, 31));

        // Numbers are never used again, whatever is recycled.
        weft::fiber_id last = 0;
        for (int i = 0; i != 100; ++i) {
            auto fiber = weft::spawn([] {});
            auto const next = fiber.get_id();
            fiber.join();
            if (next == last || next == 0) FAIL("number " << next << " used again");
            last = next;
        }
    });
}

TEST_CASE("a name is copied", "[spawn]") {
    in_fibers([] {
        std::atomic<bool> open = false;
        std::string name = "first name";
        auto fiber = weft::spawn({.name = name}, [&] {
            yield_until([&] { return open.load(); });
            return std::string(weft::this_fiber::name());
        });
        name = "overwritten";
        open = true;
        CHECK(fiber.join() == "first name");
    });
}

TEST_CASE("a fiber gets the stack it asked for", "[spawn][options]") {
    in_fibers([] {
        // Touches nearly all of it; a smaller one would run into its guard.
        for (std::size_t const bytes : {std::size_t{64} * 1024, std::size_t{1024} * 1024}) {
            auto deep = weft::spawn({.stack_bytes = bytes}, [bytes] { return dig(bytes / (sanitized ? 4 : 2)); });
            CHECK(deep.join() > 0);
        }
    });
}

TEST_CASE("an absurd stack size is an error", "[spawn][options]") {
    in_fibers([] {
        CHECK_THROWS_AS(weft::spawn({.stack_bytes = SIZE_MAX}, [] {}), std::exception);
        CHECK_THROWS_AS(weft::spawn({.stack_bytes = SIZE_MAX / 2}, [] {}), std::exception);
        CHECK(weft::detail::live_fibers() == 1);
    });
}
