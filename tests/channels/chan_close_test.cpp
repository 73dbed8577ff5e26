// What close does to everybody who waits, and to those who come later.

#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>
#include <weft/chan.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using weft::chan_status;
using weft::closed_channel;
using weft::make_chan;
using weft_test::in_fibers;
using weft_test::until_parked;

TEST_CASE("a closed channel delivers what it buffered, then nothing", "[channel][C11]") {
    in_fibers([] {
        auto const ch = make_chan<int>(3);
        for (int i = 1; i <= 3; ++i) ch.send(i);
        ch.close();
        CHECK(ch.size() == 3);
        for (int i = 1; i <= 3; ++i) CHECK(ch.recv() == i);
        for (int i = 0; i != 3; ++i) CHECK_FALSE(ch.recv().has_value());

        int value = 5;
        CHECK(ch.try_recv(value) == chan_status::closed);
        CHECK(ch.recv_for(value, 1h) == chan_status::closed);
        CHECK(value == 5);
        std::optional<int> slot = 5;
        CHECK(ch.try_recv(slot) == chan_status::closed);
        CHECK_FALSE(slot.has_value());
    });
}

TEST_CASE("close wakes all waiting receivers", "[channel][C12]") {
    in_fibers([] {
        auto const ch = make_chan<int>();
        std::vector<weft::fiber<bool>> receivers;
        for (int i = 0; i != 30; ++i)
            receivers.push_back(weft::spawn([ch, i] {
                std::optional<int> value = 1;
                if (i % 3 == 0) value = ch.recv();
                if (i % 3 == 1) ch.recv_for(value, 1h);
                if (i % 3 == 2) weft::select(weft::on_recv(ch, value), weft::on_timeout(1h));
                return !value.has_value();
            }));
        until_parked(30);
        ch.close();
        for (auto& receiver : receivers) CHECK(receiver.join());
    });
}

TEST_CASE("close wakes all waiting senders", "[channel][C12]") {
    in_fibers([] {
        auto const ch = make_chan<std::unique_ptr<int>>(1);
        ch.send(std::make_unique<int>(0));
        std::vector<weft::fiber<bool>> senders;
        for (int i = 0; i != 30; ++i)
            senders.push_back(weft::spawn([ch, i] {
                auto value = std::make_unique<int>(i);
                bool refused = false;
                try {
                    if (i % 3 == 0) ch.send(std::move(value));
                    if (i % 3 == 1) refused = ch.send_for(std::move(value), 1h) == chan_status::closed;
                    if (i % 3 == 2) weft::select(weft::on_send(ch, std::move(value)), weft::on_timeout(1h));
                } catch (closed_channel const&) {
                    refused = true;
                }
                return refused && value && *value == i;  // and the value stayed here
            }));
        until_parked(30);
        ch.close();
        for (auto& sender : senders) CHECK(sender.join());
        CHECK(*ch.recv().value() == 0);
        CHECK_FALSE(ch.recv().has_value());
    });
}

TEST_CASE("a send on a closed channel throws and leaves the value alone", "[channel][C13]") {
    in_fibers([] {
        for (int const capacity : {0, 4}) {  // room in the buffer makes no difference
            INFO("capacity: " << capacity);
            auto const ch = make_chan<std::unique_ptr<int>>(capacity);
            ch.close();
            auto value = std::make_unique<int>(1);
            CHECK_THROWS_AS(ch.send(std::move(value)), closed_channel);
            CHECK(ch.try_send(std::move(value)) == chan_status::closed);
            CHECK(ch.send_for(std::move(value), 1h) == chan_status::closed);
            CHECK(ch.send_until(std::move(value), weft::clock::now()) == chan_status::closed);
            CHECK_THROWS_AS(weft::select(weft::on_send(ch, std::move(value))), closed_channel);
            REQUIRE(value);
            CHECK(*value == 1);
            CHECK(ch.size() == 0);
        }
    });
}

TEST_CASE("a second close throws", "[channel][C13]") {
    in_fibers([] {
        auto const ch = make_chan<int>(1);
        ch.close();
        CHECK_THROWS_AS(ch.close(), closed_channel);
        CHECK_THROWS_AS(weft::send_chan<int>(ch).close(), closed_channel);
    });
}

TEST_CASE("of many that close at once one succeeds", "[channel][C3][C13]") {
    in_fibers([] {
        for (int round = 0; round != weft_test::sized(500, 200, 100); ++round) {
            auto const ch = make_chan<int>(1);
            std::vector<weft::fiber<bool>> closers;
            for (int i = 0; i != 4; ++i)
                closers.push_back(weft::spawn([ch] {
                    try {
                        ch.close();
                        return true;
                    } catch (closed_channel const&) {
                        return false;
                    }
                }));
            int succeeded = 0;
            for (auto& closer : closers) succeeded += closer.join() ? 1 : 0;
            if (succeeded != 1) FAIL("closed " << succeeded << " times");
        }
    });
}

TEST_CASE("a nil channel cannot be closed", "[channel][C10]") {
    CHECK_THROWS_AS(weft::chan<int>().close(), std::logic_error);
    CHECK_THROWS_AS(weft::send_chan<int>().close(), std::logic_error);
}

TEST_CASE("a nil channel is empty, false and never ready", "[channel][C7][C10]") {
    in_fibers([] {
        weft::chan<int> const nil;
        int value = 3;
        CHECK_FALSE(nil);
        CHECK(nil.size() == 0);
        CHECK(nil.capacity() == 0);
        CHECK(nil.try_send(1) == chan_status::would_block);
        CHECK(nil.try_recv(value) == chan_status::would_block);
        CHECK(nil.send_for(1, 1ms) == chan_status::timed_out);
        CHECK(nil.recv_for(value, 1ms) == chan_status::timed_out);
        CHECK(value == 3);
    });
}

TEST_CASE("send, receive and iteration on a nil channel wait until cancelled", "[channel][C10]") {
    in_fibers([] {
        auto sender = weft::spawn([] { weft::send_chan<int>().send(1); });
        auto receiver = weft::spawn([] { weft::recv_chan<int>().recv(); });
        auto iteration = weft::spawn([] {
            for ([[maybe_unused]] int value : weft::chan<int>()) {}
        });
        until_parked(3);
        weft_test::let_others_run();
        CHECK_FALSE(sender.join_for(0ms));
        CHECK_FALSE(receiver.join_for(0ms));
        CHECK_FALSE(iteration.join_for(0ms));
    });  // the handles cancel and join
}

TEST_CASE("iteration yields every value and ends when closed and drained", "[channel][C14]") {
    in_fibers([] {
        for (int const capacity : {0, 1, 64}) {
            INFO("capacity: " << capacity);
            auto const ch = make_chan<std::unique_ptr<int>>(capacity);
            auto sender = weft::spawn([ch] {
                for (int i = 0; i != 100; ++i) ch.send(std::make_unique<int>(i));
                ch.close();
            });
            int expected = 0;
            for (std::unique_ptr<int> value : weft::recv_chan<std::unique_ptr<int>>(ch))
                if (value && *value == expected) ++expected;
            CHECK(expected == 100);
            sender.join();
            for ([[maybe_unused]] auto value : ch) FAIL("a value after the end");
        }
    });
}
