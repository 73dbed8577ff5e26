// Channels seen as ranges: merge, batch, throttle, collect.

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>
#include <weft/channel_ranges.hpp>
#include <weft/go.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::make_chan;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

weft::recv_chan<int> counting(int from, int to) {
    auto const out = make_chan<int>();
    weft::go([=] {
        for (int i = from; i != to; ++i) out.send(i);
        out.close();
    });
    return out;
}

static_assert(std::input_iterator<weft::merged<int>::iterator>);
static_assert(std::sentinel_for<std::default_sentinel_t, weft::merged<int>::iterator>);

}  // namespace

TEST_CASE("a merge gives all values, those of each channel in order", "[ranges]") {
    in_fibers([] {
        std::vector<int> last(3, -1);
        bool ordered = true;
        int count = 0;
        for (int const v : weft::merge(counting(0, 100), counting(1000, 1100), counting(2000, 2100))) {
            int& before = last[static_cast<std::size_t>(v / 1000)];
            ordered = ordered && v % 1000 == before + 1;
            before = v % 1000;
            ++count;
        }
        CHECK(ordered);
        CHECK(count == 300);
    });
}

TEST_CASE("a merge takes any range of channels, one-way or not, also of none", "[ranges]") {
    in_fibers([] {
        std::vector<weft::chan<std::unique_ptr<int>>> channels;
        for (int i = 0; i != 100; ++i) {
            channels.push_back(make_chan<std::unique_ptr<int>>(1));
            channels.back().send(std::make_unique<int>(i));
            channels.back().close();
        }
        int sum = 0;
        for (auto&& v : weft::merge(channels)) sum += *v;
        CHECK(sum == 4950);
        channels.clear();
        CHECK(weft::collect(weft::merge(channels)).empty());
    });
}

TEST_CASE("a merge that is left early has taken nothing but what it gave", "[ranges][C18]") {
    in_fibers([] {
        auto const a = make_chan<int>(10), b = make_chan<int>(10);
        for (int i = 0; i != 5; ++i) {
            a.send(i);
            b.send(i);
        }
        for (int const v : weft::merge(a, b)) {
            CHECK(v == 0);
            break;
        }
        CHECK(a.size() + b.size() == 9);
    });
}

TEST_CASE("a range may be moved before it begins", "[ranges]") {
    in_fibers([] {
        auto range = weft::merge(counting(0, 10));
        auto const moved = std::make_unique<decltype(range)>(std::move(range));
        CHECK(weft::collect(*moved).size() == 10);
    });
}

TEST_CASE("batches are full while there is enough, and lose nothing at the end", "[ranges]") {
    in_fibers([] {
        auto const ch = make_chan<int>(100);
        for (int i = 0; i != 25; ++i) ch.send(i);
        ch.close();
        std::vector<std::size_t> sizes;
        std::vector<int> all;
        for (auto const& batch : weft::batch(ch, 10)) {
            sizes.push_back(batch.size());
            all.insert(all.end(), batch.begin(), batch.end());
        }
        std::vector<int> expected(25);
        std::iota(expected.begin(), expected.end(), 0);
        CHECK(sizes == std::vector<std::size_t>{10, 10, 5});
        CHECK(all == expected);
        CHECK_THROWS_AS(weft::batch(ch, 0), std::invalid_argument);
    });
}

TEST_CASE("a batch does not wait for more than its time", "[ranges]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        auto sender = weft::spawn([&] {
            ch.send(1);
            ch.send(2);
            until_parked(1);  // the receiver of an incomplete batch
            weft::this_fiber::sleep_for(5ms);
            ch.send(3);
            ch.close();
        });
        std::vector<std::vector<int>> batches;
        for (auto&& batch : weft::batch(ch, 10, 2ms)) batches.push_back(std::move(batch));
        sender.join();
        std::vector<int> all;
        for (auto const& batch : batches) {
            CHECK_FALSE(batch.empty());
            all.insert(all.end(), batch.begin(), batch.end());
        }
        CHECK(all == std::vector{1, 2, 3});
        CHECK(batches.back() == std::vector{3});
    });
}

TEST_CASE("a throttled channel keeps its distance and drops nothing", "[ranges]") {
    in_fibers([] {
        auto const ch = make_chan<int>(5);
        for (int i = 0; i != 5; ++i) ch.send(i);
        ch.close();
        std::vector<weft::clock::time_point> times;
        std::vector<int> all;
        for (int const v : weft::throttle(ch, 2ms)) {
            all.push_back(v);
            times.push_back(weft::clock::now());
        }
        CHECK(all == std::vector{0, 1, 2, 3, 4});
        CHECK(times.back() - times.front() >= 4 * 2ms - 1ms);  // the first time is taken after the first value was
    });
}

#if !defined(__clang__)
#include <ranges>

TEST_CASE("a merge can be viewed", "[ranges]") {  // libstdc++'s views and clang 14 do not go together
    in_fibers([] {
        static_assert(std::ranges::input_range<weft::merged<int>>);
        int sum = 0;
        for (int const v :
             weft::merge(counting(0, 10), counting(0, 10)) | std::views::transform([](int v) { return v * v; }))
            sum += v;
        CHECK(sum == 2 * 285);
    });
}
#endif
