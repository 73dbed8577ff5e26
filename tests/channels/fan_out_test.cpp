// Fibers that feed channels: feed, tee.

#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>
#include <weft/channel_ranges.hpp>
#include <weft/fan_out.hpp>
#include <weft/go.hpp>

#include "support/fixture.hpp"

using weft_test::in_fibers;

TEST_CASE("a range becomes a channel", "[fan_out]") {
    in_fibers([] {
        weft::task_group group;
        std::vector<int> numbers(100);
        std::iota(numbers.begin(), numbers.end(), 0);
        CHECK(weft::collect(weft::feed(group, numbers)) == numbers);
        // And back and forth.
        auto const a = weft::feed(group, numbers, 10), b = weft::feed(group, numbers);
        CHECK(weft::collect(weft::feed(group, weft::merge(a, b))).size() == 200);
        group.wait();
    });
}

TEST_CASE("a feed that nobody receives from ends with its group", "[fan_out][C39]") {
    in_fibers([] {
        weft::task_group group;
        auto const endless = weft::feed(group, std::vector<int>(1000, 1));
        CHECK(endless.recv() == 1);
    });
}

TEST_CASE("every channel of a tee gets every value in order", "[fan_out]") {
    in_fibers([] {
        weft::task_group group;
        std::vector<int> numbers(100);
        std::iota(numbers.begin(), numbers.end(), 0);
        auto const outs = weft::tee(group, weft::feed(group, numbers), 3, 2);
        std::vector<weft::fiber<std::vector<int>>> collecting;
        for (auto const& out : outs) collecting.push_back(weft::spawn([out] { return weft::collect(out); }));
        for (auto& one : collecting) CHECK(one.join() == numbers);
        group.wait();
    });
}
