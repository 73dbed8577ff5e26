// One sender, everybody who is subscribed.

#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <weft/broadcast.hpp>
#include <weft/channel_ranges.hpp>
#include <weft/go.hpp>
#include <weft/this_fiber.hpp>

#include "support/fixture.hpp"

using weft::broadcast;
using weft::overflow;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("every subscriber gets what is sent after it came, in the same order", "[broadcast]") {
    in_fibers([] {
        broadcast<std::string> news;
        news.send("before");
        std::vector<weft::fiber<std::vector<std::string>>> readers;
        for (int i = 0; i != 3; ++i)
            readers.push_back(weft::spawn([s = news.subscribe(i)] { return weft::collect(s.channel()); }));
        std::vector<weft::fiber<>> senders;
        for (char const* who : {"a", "b"})
            senders.push_back(weft::spawn([&news, who] {
                for (int i = 0; i != 50; ++i) news.send(who + std::to_string(i));
            }));
        for (auto& sender : senders) sender.join();
        CHECK(news.subscribers() == 3);
        news.close();
        auto const first = readers.front().join();
        CHECK(first.size() == 100);
        for (std::size_t i = 1; i != readers.size(); ++i) CHECK(readers[i].join() == first);
        CHECK_THROWS_AS(news.send("after"), weft::closed_channel);
        CHECK_FALSE(news.subscribe().recv());
        news.close();
    });
}

TEST_CASE("a subscriber without room loses what it chose to lose", "[broadcast]") {
    in_fibers([] {
        broadcast<int> numbers;
        auto const newest = numbers.subscribe(3, overflow::drop_oldest);
        auto const oldest = numbers.subscribe(3, overflow::drop_newest);
        for (int i = 0; i != 10; ++i) numbers.send(i);
        numbers.close();
        CHECK(weft::collect(newest.channel()) == std::vector{7, 8, 9});
        CHECK(weft::collect(oldest.channel()) == std::vector{0, 1, 2});
        CHECK_THROWS_AS(numbers.subscribe(0, overflow::drop_oldest), std::invalid_argument);
        CHECK_THROWS_AS(numbers.subscribe(-1), std::invalid_argument);
    });
}

TEST_CASE("a sender does not wait for a subscriber that leaves", "[broadcast]") {
    in_fibers([] {
        broadcast<int> numbers;
        auto const stays = numbers.subscribe(1);
        auto leaving = std::make_unique<broadcast<int>::subscription>(numbers.subscribe(0));
        auto sender = weft::spawn([&] { numbers.send(1); });
        until_parked(1);
        leaving.reset();
        sender.join();
        CHECK(stays.recv() == 1);
        CHECK(numbers.subscribers() == 1);
    });
}

TEST_CASE("a subscription outlives its broadcast", "[broadcast]") {
    in_fibers([] {
        auto numbers = std::make_unique<broadcast<int>>();
        auto first = numbers->subscribe(2);
        auto second = numbers->subscribe(2);
        numbers->send(1);
        numbers.reset();
        CHECK(first.recv() == 1);
        CHECK_FALSE(first.recv());
        first = std::move(second);
        CHECK(first.recv() == 1);
    });
}
