// The handle: joining, cancelling, detaching, moving, dropping.

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>
#include <weft/error.hpp>
#include <weft/fiber.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft_test::in_fibers;
using weft_test::until_parked;
using weft_test::with_workers;
using weft_test::yield_until;

static_assert(std::is_nothrow_default_constructible_v<weft::fiber<>>);
static_assert(std::is_nothrow_move_constructible_v<weft::fiber<int>> &&
              std::is_nothrow_move_assignable_v<weft::fiber<int>>);
static_assert(!std::is_copy_constructible_v<weft::fiber<>> && !std::is_copy_assignable_v<weft::fiber<>>);
static_assert(noexcept(std::declval<weft::fiber<>&>().cancel()) && noexcept(std::declval<weft::fiber<>&>().detach()));
static_assert(noexcept(std::declval<weft::fiber<> const&>().joinable()) && noexcept(
    std::declval<weft::fiber<> const&>().get_id()));

namespace {

void sleep_for_ever() { weft::this_fiber::sleep_for(1h); }

}  // namespace

TEST_CASE("an empty handle is not joinable", "[fiber]") {
    weft::fiber<int> empty;
    CHECK_FALSE(empty.joinable());
    CHECK(empty.get_id() == 0);
    empty.cancel();
    empty.detach();
    weft::fiber<int> moved = std::move(empty);
    CHECK_FALSE(moved.joinable());
}

TEST_CASE("joining takes the fiber out of its handle", "[fiber]") {
    in_fibers([] {
        auto fiber = weft::spawn([] { return 1; });
        CHECK(fiber.joinable());
        CHECK(fiber.get_id() != 0);
        CHECK(fiber.join() == 1);
        CHECK_FALSE(fiber.joinable());
    });
}

TEST_CASE("a handle can be moved while its fiber runs", "[fiber]") {
    in_fibers([] {
        std::atomic<bool> open = false;
        auto first = weft::spawn([&] {
            yield_until([&] { return open.load(); });
            return 2;
        });
        auto const id = first.get_id();
        weft::fiber<int> second = std::move(first);
        CHECK_FALSE(first.joinable());
        CHECK(second.get_id() == id);
        open = true;
        CHECK(second.join() == 2);
    });
}

TEST_CASE("assigning over a running fiber cancels and joins it", "[fiber][cancel]") {
    in_fibers([] {
        std::atomic<bool> unwound = false;
        auto fiber = weft::spawn([&] {
            struct flag {
                std::atomic<bool>& target;
                ~flag() { target = true; }
            } const on_exit{unwound};
            sleep_for_ever();
        });
        until_parked(1);
        fiber = weft::spawn([] {});
        CHECK(unwound);
        fiber.join();
    });
}

TEST_CASE("the destructor cancels and joins", "[fiber][cancel]") {
    in_fibers([] {
        int state = 0;  // plain: the destructor is the edge
        {
            auto fiber = weft::spawn([&] {
                try {
                    sleep_for_ever();
                } catch (weft::cancelled const&) {
                    state = 1;
                    throw;
                }
            });
            until_parked(1);
        }
        CHECK(state == 1);
    });
}

TEST_CASE("the destructor of a fiber that failed says nothing", "[fiber]") {
    in_fibers([] {
        {
            auto failing = weft::spawn([] { throw 1; });
            yield_until([&] { return failing.join_until(weft::clock::now()); });
        }
        SUCCEED("the exception ended with its handle");
    });
}

TEST_CASE("join_until tells whether join would wait", "[fiber][C35]") {
    in_fibers([] {
        std::atomic<bool> open = false;
        auto fiber = weft::spawn([&] {
            yield_until([&] { return open.load(); });
            return std::make_unique<int>(3);
        });
        auto const start = weft::clock::now();
        CHECK_FALSE(fiber.join_for(2ms));
        CHECK(weft::clock::now() - start >= 2ms);
        CHECK_FALSE(fiber.join_until(weft::clock::now() - 1h));
        open = true;
        CHECK(fiber.join_for(1h));
        CHECK(fiber.join_for(0s));  // it stays done
        CHECK(fiber.joinable());
        CHECK(*fiber.join() == 3);
    });
}

TEST_CASE("a plain thread joins and cancels", "[fiber][thread]") {
    with_workers([](weft::runtime_options options) {
        weft::runtime rt(options);
        auto quick = rt.spawn([] { return 4; });
        CHECK(quick.join() == 4);

        auto sleeper = rt.spawn(sleep_for_ever);
        CHECK_FALSE(sleeper.join_for(2ms));
        sleeper.cancel();
        CHECK_THROWS_AS(sleeper.join(), weft::cancelled);
        { auto dropped = rt.spawn(sleep_for_ever); }
    });
}

TEST_CASE("a detached fiber goes on", "[fiber]") {
    in_fibers([] {
        std::atomic<int> stage = 0;
        auto fiber = weft::spawn([&] {
            yield_until([&] { return stage == 1; });
            stage = 2;
        });
        fiber.detach();
        CHECK_FALSE(fiber.joinable());
        stage = 1;
        yield_until([&] { return stage == 2; });
    });
}

TEST_CASE("join waits for a fiber that is still parked", "[fiber]") {
    in_fibers([] {
        std::atomic<bool> open = false;
        auto inner = weft::spawn([&] { yield_until([&] { return open.load(); }); });
        auto outer = weft::spawn([&] {
            inner.join();
            return 5;
        });
        until_parked(1);
        open = true;
        CHECK(outer.join() == 5);
    });
}

TEST_CASE("deep and wide families join", "[fiber]") {
    struct family {
        static int members(int depth) {
            if (depth == 0) return 1;
            std::vector<weft::fiber<int>> children;
            for (int i = 0; i != 3; ++i) children.push_back(weft::spawn(members, depth - 1));
            int sum = 1;
            for (auto& child : children) sum += child.join();
            return sum;
        }
    };
    in_fibers([] { CHECK(family::members(6) == 1093); });
}
