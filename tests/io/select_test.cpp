// Sockets in select.

#include <poll.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>
#include <weft/weft.hpp>

#include "file_system.hpp"
#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;
namespace net = weft::net;

TEST_CASE("a channel, a timer and a socket in one select: each can win", "[select][net][C25]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto const channel = weft::make_chan<int>();
        auto wait = [&near = near, channel](weft::clock::duration limit) {
            std::optional<int> value;
            return weft::select(weft::on_recv(channel, value), weft::on_timeout(limit), weft::on_readable(near));
        };
        for (int round = 0; round != 20; ++round) {
            auto waiter = weft::spawn([wait] { return wait(1h); });
            until_parked(1);
            channel.send(round);
            CHECK(waiter.join() == 0);

            CHECK(wait(1ms) == 1);

            waiter = weft::spawn([wait] { return wait(1h); });
            until_parked(1);
            send(far, "readable");
            CHECK(waiter.join() == 2);
            CHECK(wait(1h) == 2);  // looking takes nothing
            CHECK(receive(near) == "readable");
        }
        CHECK(weft::detail::live_timers() == 0);
        CHECK(channel.size() == 0);
    });
}

TEST_CASE("a socket that is not ready is passed over", "[select][net]") {
    in_fibers([] {
        auto [near, far] = connect();
        CHECK(weft::select(weft::on_readable(near), weft::otherwise()) == 1);
        CHECK(weft::select(weft::on_writable(near), weft::otherwise()) == 0);
        fill(near);
        CHECK(weft::select(weft::on_writable(near), weft::otherwise()) == 1);
        int handled = 0;
        send(far, "x");
        yield_until([&near = near] { return weft::select(weft::on_readable(near), weft::otherwise()) == 0; });
        weft::select(weft::on_readable(near, [&] { ++handled; }));
        CHECK(handled == 1);
    });
}

TEST_CASE("room in a socket wins a select", "[select][net]") {
    in_fibers([] {
        auto [near, far] = connect();
        std::size_t const filled = fill(near);
        auto waiter =
            weft::spawn([&near = near] { return weft::select(weft::on_timeout(1h), weft::on_writable(near)); });
        until_parked(1);
        std::string everything(filled, '\0');
        far.read_exact(writable(everything));
        CHECK(waiter.join() == 1);
    });
}

TEST_CASE("a connection to accept, the end of a stream and a close win a select", "[select][net]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        auto accepting =
            weft::spawn([&listener] { return weft::select(weft::on_readable(listener), weft::on_timeout(1h)); });
        until_parked(1);
        auto near = net::dial(listener.local());
        CHECK(accepting.join() == 0);
        auto far = listener.accept();

        auto waiter = weft::spawn([&near] { return weft::select(weft::on_readable(near), weft::on_timeout(1h)); });
        until_parked(1);
        far.close();
        CHECK(waiter.join() == 0);

        auto [near2, far2] = connect(listener);
        waiter = weft::spawn([&near2 = near2] { return weft::select(weft::on_readable(near2), weft::on_timeout(1h)); });
        until_parked(1);
        near2.close();
        CHECK(waiter.join() == 0);
        CHECK(weft::select(weft::on_readable(near2), weft::on_timeout(1h)) == 0);

        net::tcp_stream none;
        CHECK(weft::select(weft::on_readable(none), weft::on_timeout(1h)) == 0);
    });
}

TEST_CASE("a deadline moves a read, not a select", "[select][net]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto waiter =
            weft::spawn([&near = near] { return weft::select(weft::on_readable(near), weft::on_timeout(1h)); });
        until_parked(1);
        near.set_deadline(past());
        let_others_run();
        CHECK(weft::detail::parked_fibers() >= 1);
        send(far, "x");
        CHECK(waiter.join() == 0);
    });
}

TEST_CASE("a select can be cancelled, and its socket is free again", "[select][net]") {
    in_fibers([] {
        auto [near, far] = connect();
        auto waiter = weft::spawn([&near = near] {
            try {
                weft::select(weft::on_readable(near), weft::on_timeout(1h));
            } catch (weft::cancelled const&) {
                return true;
            }
            return false;
        });
        until_parked(1);
        waiter.cancel();
        CHECK(waiter.join());
        send(far, "free");
        CHECK(receive(near) == "free");
    });
}

namespace {

std::atomic<int> looks{0};

}  // namespace

TEST_CASE("a select that is to sleep looks at a socket once before and once after it has told it", "[select][net]") {
    auto counting = weft::detail::real_system;
    counting.poll = [](pollfd* about, nfds_t count, int milliseconds) {
        ++looks;
        return ::poll(about, count, milliseconds);
    };
    installed_system const counted(counting);
    in_fibers([] {
        auto [near, far] = connect();
        auto const channel = weft::make_chan<int>();
        looks = 0;
        auto waiter = weft::spawn([&near = near, &channel] {
            std::optional<int> value;
            return weft::select(weft::on_recv(channel, value), weft::on_readable(near));
        });
        until_parked(1);
        CHECK(looks == 2);  // never while the channel is locked
        channel.send(1);
        CHECK(waiter.join() == 0);
    });
}

TEST_CASE("many sockets in one dynamic select", "[select][net]") {
    in_fibers([] {
        auto listener = net::listen("127.0.0.1:0");
        std::vector<connection> connections;
        std::vector<weft::select_case> cases;
        for (int i = 0; i != 50; ++i) connections.push_back(connect(listener));
        for (auto& c : connections) cases.push_back(weft::on_readable(c.near));
        for (std::size_t const chosen : {std::size_t{7}, std::size_t{49}, std::size_t{0}}) {
            auto waiter = weft::spawn([&cases] { return weft::select(std::span(cases)); });
            until_parked(1);
            send(connections[chosen].far, "x");
            CHECK(waiter.join() == chosen);
            receive(connections[chosen].near);
        }
    });
}
