// Channels as values: identity, views, channels that carry channels, and what becomes of the values inside.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <weft/chan.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>

#include "support/fixture.hpp"

using weft::chan_status;
using weft::make_chan;
using weft_test::counted;
using weft_test::fragile;
using weft_test::in_fibers;
using weft_test::until_parked;

namespace {

// True if no value broke in `step()`.
template <class Step>
bool unbroken(Step const& step) {
    try {
        step();
        return true;
    } catch (fragile::broken const&) {
        return false;
    }
}

}  // namespace

TEST_CASE("equality is identity, across views too", "[channel][C8]") {
    auto const one = make_chan<int>(1), other = make_chan<int>(1);
    auto const copy = one;
    weft::send_chan<int> const sending = one;
    weft::recv_chan<int> const receiving = one;
    CHECK(one == copy);
    CHECK(one != other);
    CHECK(sending == weft::send_chan<int>(copy));
    CHECK(receiving != weft::recv_chan<int>(other));
    CHECK(one == sending);
    CHECK(receiving == one);
    CHECK(weft::chan<int>() == weft::chan<int>());
    CHECK(weft::chan<int>() != one);
    CHECK(one);
    CHECK(sending);
    CHECK_FALSE(weft::recv_chan<int>());
}

TEST_CASE("channels carry channels", "[channel][C8]") {
    struct request {
        int question;
        weft::send_chan<int> answer;
    };
    in_fibers([] {
        auto const requests = make_chan<request>();
        auto server = weft::spawn([requests] {
            for (request asked : requests) asked.answer.send(asked.question * 2);
        });
        auto const answers = make_chan<int>();
        for (int i = 0; i != 50; ++i) {
            requests.send({i, answers});
            CHECK(answers.recv() == 2 * i);
        }
        requests.close();
        server.join();
    });
}

TEST_CASE("a channel may carry itself until it is received", "[channel][C8]") {
    struct link;
    using links = weft::chan<std::shared_ptr<link>>;
    struct link {
        links next;
    };
    in_fibers([] {
        auto const first = make_chan<std::shared_ptr<link>>(1);
        first.send(std::make_shared<link>(link{first}));
        CHECK(first.recv().value()->next == first);
    });
}

TEST_CASE("the last handle destroys queued values once", "[channel][C9]") {
    in_fibers([] {
        long const before = counted::live();
        {
            auto const ch = make_chan<counted>(8);
            for (int i = 0; i != 8; ++i) ch.send(counted(i));
            CHECK(ch.recv()->value() == 0);
            ch.send(counted(8));   // wraps around the ring
            auto const copy = ch;  // NOLINT(performance-unnecessary-copy-initialization): the last handle of two
            CHECK(copy == ch);
            CHECK(counted::live() == before + 8);
        }
        CHECK(counted::live() == before);
        {
            auto const ch = make_chan<counted>(4);
            ch.send(counted(1));
            ch.close();
        }
        CHECK(counted::live() == before);
    });
}

TEST_CASE("a value travels by moves alone", "[channel][C9]") {
    in_fibers([] {
        long const copies = counted::copies();
        for (int const capacity : {0, 3}) {
            auto const ch = make_chan<counted>(capacity);
            auto sender = weft::spawn([ch] {
                for (int i = 0; i != 20; ++i) ch.send(counted(i));
                ch.close();
            });
            int expected = 0;
            for (counted value : ch) CHECK(value.value() == expected++);
            CHECK(expected == 20);
            sender.join();
        }
        CHECK(counted::copies() == copies);

        auto const ch = make_chan<counted>(1);
        counted const kept(5);
        ch.send(kept);
        CHECK(counted::copies() == copies + 1);
        CHECK(kept.value() == 5);
    });
}

TEST_CASE("move-only types work in every call", "[channel][C9]") {
    in_fibers([] {
        using box = std::unique_ptr<std::string>;
        auto const ch = make_chan<box>(1);
        box slot;
        std::optional<box> maybe;
        CHECK(ch.try_send(std::make_unique<std::string>("a")) == chan_status::ok);
        box refused = std::make_unique<std::string>("kept");
        CHECK(ch.try_send(std::move(refused)) == chan_status::would_block);
        CHECK(*refused == "kept");
        CHECK(ch.send_for(std::move(refused), std::chrono::milliseconds(1)) == chan_status::timed_out);
        CHECK(*refused == "kept");
        CHECK(ch.try_recv(slot) == chan_status::ok);
        CHECK(*slot == "a");
        ch.send(std::make_unique<std::string>("b"));
        CHECK(ch.try_recv(maybe) == chan_status::ok);
        CHECK(**maybe == "b");
        weft::select(weft::on_send(ch, std::make_unique<std::string>("c")));
        weft::select(weft::on_recv(ch, maybe));
        CHECK(**maybe == "c");
    });
}

TEST_CASE("a copy that throws loses nothing and wakes nobody", "[channel][C9]") {
    in_fibers([] {
        auto const ch = make_chan<fragile>(1);
        fragile const value(7);
        fragile::light(1);  // the copy into the channel breaks
        CHECK_THROWS_AS(ch.send(value), fragile::broken);
        CHECK(ch.size() == 0);

        auto receiver = weft::spawn([ch] { return ch.recv()->value(); });
        until_parked(1);
        fragile::light(1);
        CHECK_THROWS_AS(ch.send(value), fragile::broken);
        CHECK_FALSE(receiver.join_for(std::chrono::milliseconds(0)));
        fragile::light(-1);
        ch.send(value);
        CHECK(receiver.join() == 7);
    });
}

// Every move and copy breaks in turn: whoever sees the exception, no value vanishes and nobody sleeps for ever.
TEST_CASE("a move that throws loses neither value nor wake-up", "[channel][C9]") {
    in_fibers([] {
        for (int const capacity : {0, 1, 2}) {
            for (long fuse = 1; fuse != 16; ++fuse) {
                INFO("capacity: " << capacity << ", breaks at move " << fuse);
                auto const ch = make_chan<fragile>(capacity);
                auto sender = weft::spawn([ch] {
                    for (int i = 0; i != 4; ++i) {
                        fragile value(i);
                        while (!unbroken([&] { ch.send(std::move(value)); })) {}
                    }
                    ch.close();
                });
                std::vector<int> arrived;
                fragile::light(fuse);
                bool open = true;
                while (open)
                    unbroken([&] {
                        auto const value = ch.recv();
                        open = value.has_value();
                        if (open) arrived.push_back(value->value());
                    });
                fragile::light(-1);
                sender.join();
                // A receive that broke on the way to its caller may have consumed its value; nothing else may be missing.
                CHECK(arrived.size() >= 3);
                CHECK(std::ranges::is_sorted(arrived));
                CHECK(std::ranges::count(arrived, weft_test::counted::moved_from) == 0);
            }
        }
    });
}

TEST_CASE("large and over-aligned values arrive whole", "[channel][C2]") {
    struct alignas(64) block {
        unsigned char bytes[5000];
    };
    in_fibers([] {
        auto const ch = make_chan<block>(2);
        auto sender = weft::spawn([ch] {
            for (unsigned char i = 0; i != 20; ++i) {
                block sent;
                std::ranges::fill(sent.bytes, i);
                ch.send(sent);
            }
            ch.close();
        });
        unsigned char expected = 0;
        while (auto const got = ch.recv()) {
            bool const aligned = reinterpret_cast<std::uintptr_t>(&*got) % 64 == 0;
            bool const whole = std::ranges::all_of(got->bytes, [&](unsigned char byte) { return byte == expected; });
            CHECK((aligned && whole));
            ++expected;
        }
        CHECK(expected == 20);
        sender.join();
    });
}
