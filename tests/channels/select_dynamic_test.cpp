// The form of select whose cases are counted at run time.

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::make_chan;
using weft::on_recv;
using weft::on_send;
using weft::on_timeout;
using weft::otherwise;
using weft::select_case;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a span of cases is one select", "[select][dynamic][C22]") {
    in_fibers([] {
        auto const a = make_chan<int>(1);
        auto const b = make_chan<std::string>(1);
        int number = 0;
        std::string text;
        std::vector<select_case> cases;
        cases.push_back(on_recv(a, [&](std::optional<int> value) { number = *value; }));
        cases.push_back(on_recv(b, [&](std::optional<std::string> value) { text = value.value(); }));
        cases.push_back(on_timeout(1h));
        b.send("yarn");
        CHECK(weft::select(std::span(cases)) == 1);
        CHECK(text == "yarn");
        a.send(3);
        CHECK(weft::select(std::span(cases)) == 0);  // and again with the same cases
        CHECK(number == 3);

        cases.push_back(otherwise());
        CHECK(weft::select(std::span(cases)) == 3);
    });
}

TEST_CASE("a dynamic case owns its handle, its handler and an rvalue to send", "[select][dynamic][C22]") {
    in_fibers([] {
        std::vector<select_case> cases;
        weft::recv_chan<std::unique_ptr<int>> receiving;
        auto const hits = std::make_shared<int>(0);
        {
            auto const ch = make_chan<std::unique_ptr<int>>(1);
            receiving = ch;
            cases.push_back(on_send(ch, std::make_unique<int>(4), [hits] { ++*hits; }));
        }
        select_case moved = std::move(cases.front());
        cases.front() = std::move(moved);
        CHECK(weft::select(std::span(cases)) == 0);
        CHECK(*hits == 1);
        CHECK(*receiving.recv().value() == 4);
    });
}

TEST_CASE("an lvalue to send is referred to and moved from only if chosen", "[select][dynamic][C15][C22]") {
    in_fibers([] {
        auto const quiet = make_chan<std::string>(), ready = make_chan<std::string>(1);
        std::string losing(50, 'l'), winning(50, 'w');
        std::vector<select_case> cases;
        cases.push_back(on_send(quiet, std::move(losing)));
        cases.push_back(on_send(ready, winning));
        CHECK(weft::select(std::span(cases)) == 1);
        CHECK(ready.recv() == std::string(50, 'w'));
    });
}

TEST_CASE("dynamic cases sleep, lose and leave no trace", "[select][dynamic][C18][C22]") {
    in_fibers([] {
        constexpr int channels = 100;  // more than the sixty-four that sort without an array of their own
        std::vector<weft::chan<int>> ch;
        for (int i = 0; i != channels; ++i) ch.push_back(make_chan<int>());
        auto chooser = weft::spawn([ch] {
            bool right = true;
            std::vector<std::optional<int>> slots(channels);
            for (std::size_t round = 0; round != 300; ++round) {
                std::vector<select_case> cases;
                for (std::size_t i = 0; i != channels; ++i) cases.push_back(on_recv(ch[i], slots[i]));
                std::size_t const chosen = weft::select(std::span(cases));
                right = right && chosen == round % channels && slots[chosen] == static_cast<int>(round);
            }
            return right;
        });
        for (std::size_t round = 0; round != 300; ++round) ch[round % channels].send(static_cast<int>(round));
        CHECK(chooser.join());
        for (auto const& each : ch)
            if (each.try_send(0) != weft::chan_status::would_block) FAIL("a waiter stayed behind");
    });
}

TEST_CASE("65,536 cases, from a fiber with the default stack", "[select][dynamic][C22]") {
    in_fibers([] {
        constexpr std::size_t count = 65'536;
        auto const quiet = make_chan<int>();
        auto const live = make_chan<int>();
        auto chooser = weft::spawn([=] {
            int got = 0;
            std::vector<select_case> cases;
            cases.reserve(count);
            for (std::size_t i = 0; i != count; ++i)
                cases.push_back(
                    on_recv(i == count / 2 ? live : quiet, [&](std::optional<int> value) { got = *value; }));
            std::size_t const chosen = weft::select(std::span(cases));
            return std::pair(chosen, got);
        });
        until_parked(1);
        live.send(11);
        CHECK(chooser.join() == std::pair(count / 2, 11));
        CHECK(quiet.try_send(1) == weft::chan_status::would_block);
    });
}

TEST_CASE("an empty span waits forever, nil and closed cases act as in the other form", "[select][dynamic][C20][C21]") {
    in_fibers([] {
        auto forever = weft::spawn([] { weft::select(std::span<select_case>()); });
        until_parked(1);
        weft_test::let_others_run();
        CHECK_FALSE(forever.join_for(0ms));

        auto const closed = make_chan<int>();
        closed.close();
        std::vector<select_case> cases;
        cases.push_back(on_recv(weft::chan<int>(), [](std::optional<int>) {}));
        cases.push_back(on_send(closed, 1));
        CHECK_THROWS_AS(weft::select(std::span(cases)), weft::closed_channel);
    });
}

TEST_CASE("a dynamic select chooses among all ready cases", "[select][dynamic][C16]") {
    in_fibers([] {
        std::vector<weft::chan<int>> ch;
        std::vector<select_case> cases;
        std::set<std::size_t> chosen;
        for (std::size_t i = 0; i != 8; ++i) {
            ch.push_back(make_chan<int>(1'000));
            for (int n = 0; n != 1'000; ++n) ch.back().send(n);
            cases.push_back(on_recv(ch.back(), [](std::optional<int>) {}));
        }
        for (int i = 0; i != 1'000; ++i) chosen.insert(weft::select(std::span(cases)));
        CHECK(chosen.size() == 8);
    });
}
