// The tree under the contexts, seen from inside: what a cancellation costs, and what is left of those that are dropped.

#include <atomic>
#include <chrono>
#include <optional>
#include <vector>
#include <weft/detail/cancel_scope.hpp>
#include <weft/detail/context_node.hpp>
#include <weft/detail/diagnostics.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::context;
using weft::detail::cancel_counts;
using weft::detail::cancel_node;
using weft::detail::cancel_state;
using weft::detail::context_access;
using weft::detail::context_scope;
using weft_test::in_fibers;

namespace {

constexpr auto never = weft::clock::time_point::max();

context make(context const& parent, weft::clock::time_point deadline = never) {
    auto* const node = new cancel_node(context_access::held(parent), deadline);
    context made = context_access::adopt(node);
    node->adopt();
    return made;
}

cancel_counts cancel(context const& ctx) {
    return context_access::cancels(ctx)->cancel(cancel_state::cancelled, nullptr);
}

bool is_cancelled(context const& ctx) { return context_access::cancels(ctx)->is_cancelled(); }

// Locks taken for `members` that are handled by the batch, in at most `shards` places, in a walk of three passes.
std::size_t most_locks(std::size_t members, std::size_t shards) { return 3 * (members / 64 + 2 * shards); }

}  // namespace

TEST_CASE("cancelling 100,000 fibers is one fence and a lock per batch", "[cancel][context]") {
    std::size_t const count = weft_test::sized(100'000, 100'000, 2'000);
    weft_test::with_workers([count](weft::runtime_options options) {
        weft::run(
            [&] {
                context const ctx = make({});
                std::atomic<std::size_t> asleep = 0, stopped = 0;
                std::vector<weft::fiber<>> fibers;
                fibers.reserve(count);
                {
                    context_scope const scope(ctx);
                    for (std::size_t i = 0; i != count; ++i)
                        fibers.push_back(weft::spawn({{}, 16 * 1024}, [&] {
                            ++asleep;
                            try {
                                weft::this_fiber::sleep_for(1h);
                            } catch (weft::cancelled const&) {
                                ++stopped;
                            }
                        }));
                    weft_test::yield_until([&] { return asleep == count; });
                }
                weft_test::until_parked(count);
                cancel_counts const counts = cancel(ctx);
                for (auto& fiber : fibers) fiber.join();
                CHECK(stopped == count);
                CHECK(counts.contexts == 1);
                CHECK(counts.raised == count);
                CHECK(counts.woken == count);
                CHECK(counts.fences == 1);
                CHECK(counts.locks <= most_locks(count, 17));
                CHECK(cancel(ctx).contexts == 0);
            },
            options);
    });
}

TEST_CASE("cancelling 100,000 contexts is linear, in breadth and in depth", "[cancel][context]") {
    constexpr std::size_t count = weft_test::sized(100'000, 100'000, 10'000);
    in_fibers([] {
        context const wide = make({});
        std::vector<context> children;
        for (std::size_t i = 0; i != count; ++i) children.push_back(make(wide));
        cancel_counts const broad = cancel(wide);
        CHECK(broad.contexts == count + 1);
        CHECK(broad.fences == 0);  // nobody runs under them
        CHECK(broad.locks <= most_locks(count, 17) + 3 * 2 * (count + 1));
        for (context const& child : children)
            if (!is_cancelled(child)) FAIL("a child was left out");

        context const top = make({});
        context deepest = top;
        for (std::size_t i = 0; i != count; ++i) deepest = make(deepest);
        cancel_counts const deep = cancel(top);
        CHECK(deep.contexts == count + 1);
        CHECK(deep.locks <= 3 * 2 * (count + 1));
        CHECK(is_cancelled(deepest));
        // `deepest` goes, and the chain behind it, without a stack as deep.
    });
}

TEST_CASE("an uncancelled chain of 100,000 contexts goes without a stack as deep", "[context]") {
    in_fibers([] {
        context deepest = make({});
        for (int i = 0; i != 100'000; ++i) deepest = make(deepest);
        CHECK_FALSE(is_cancelled(deepest));
    });
}

TEST_CASE("fibers that have ended, and scopes that were left, are not reached", "[cancel][context]") {
    in_fibers([] {
        context const ctx = make({});
        {
            context_scope const scope(ctx);
            for (int i = 0; i != 200; ++i) weft::spawn([] { weft::this_fiber::yield(); }).join();
            context_scope const again(ctx);  // borrows the registration of the one around it
        }
        cancel_counts const counts = cancel(ctx);
        CHECK(counts.raised == 0);
        CHECK(counts.fences == 0);
        weft::this_fiber::check_cancelled();
    });
}

TEST_CASE("a spawned fiber is registered once, and its scopes under the same context borrow", "[cancel][context]") {
    in_fibers([] {
        context const ctx = make({});
        std::atomic<bool> inside = false;
        std::optional<context_scope> scope(std::in_place, ctx);
        auto fiber = weft::spawn([&] {
            context_scope const first(ctx);
            context_scope const second(ctx);
            inside = true;
            try {
                weft::this_fiber::sleep_for(1h);
            } catch (weft::cancelled const&) {
                return 1;
            }
            return 0;
        });
        weft_test::yield_until([&] { return inside.load(); });
        cancel_counts const counts = cancel(ctx);
        CHECK(counts.raised == 2);  // this fiber and that
        scope.reset();
        CHECK(fiber.join() == 1);
    });
}

TEST_CASE("deadlines that are withdrawn are gone, from whichever worker set them", "[context][timer]") {
    in_fibers([] {
        context const root = make({});
        std::vector<weft::fiber<context>> makers;
        for (int i = 0; i != 50; ++i)
            makers.push_back(weft::spawn([root] { return make(root, weft::clock::now() + 1h); }));
        std::vector<context> made;
        for (auto& maker : makers) made.push_back(maker.join());
        CHECK(weft::detail::live_timers() == 50);
        made.resize(25);
        CHECK(weft::detail::live_timers() == 25);
        cancel(root);
        CHECK(weft::detail::live_timers() == 0);
    });
}

TEST_CASE("deadlines race with cancels and drops", "[context][timer][stress]") {
    in_fibers([] {
        std::vector<weft::fiber<>> all;
        for (int i = 0; i != 8; ++i)
            all.push_back(weft::spawn([i] {
                for (int round = 0; round != weft_test::sized(2'000, 1'000, 150); ++round) {
                    context const root = make({});
                    context const timed =
                        make(root, weft::clock::now() + std::chrono::microseconds((round * 7 + i) % 30));
                    if (round % 2 == 0) weft::this_fiber::yield();
                    if (round % 3 == 0) cancel(root);
                    if (round % 5 == 0) weft::this_fiber::sleep_for(5us);
                }
            }));
        for (auto& fiber : all) fiber.join();
        CHECK(weft::detail::live_timers() == 0);
    });
}
