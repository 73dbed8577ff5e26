// Sockets and fibers share the workers: neither keeps the other waiting.

#include <array>
#include <atomic>
#include <string>
#include <weft/weft.hpp>

#include "sockets.hpp"
#include "support/fixture.hpp"

using namespace weft_test;
namespace net = weft::net;

namespace {

void echo(net::tcp_stream& stream) {
    std::array<std::byte, 256> buffer;
    while (std::size_t const n = stream.read_some(buffer)) stream.write_all(std::span(buffer).first(n));
}

constexpr int round_trips = 50;

// Asks and is answered, `round_trips` times.
bool converse(net::tcp_stream& stream) {
    std::string answer(4, '\0');
    for (int i = 0; i != round_trips; ++i) {
        send(stream, "ping");
        if (stream.read_exact(writable(answer)) != 4 || answer != "ping") return false;
    }
    return true;
}

}  // namespace

TEST_CASE("sockets do not starve while fibers stay runnable", "[net][C42][bug][B11]") {
    in_fibers([] {
        auto [near, far] = connect();
        std::atomic<bool> over{false};
        weft::wait_group busy;
        for (int i = 0; i != 20; ++i)
            busy.go([&over] {
                while (!over) weft::this_fiber::yield();
            });
        auto to = weft::make_chan<int>(), from = weft::make_chan<int>();
        busy.go([=] {
            for (int ball : to) from.send(ball);
        });
        busy.go([&over, to, from] {
            while (!over) {
                to.send(1);
                from.recv();
            }
            to.close();
        });
        auto server = weft::spawn([&far = far] { echo(far); });
        CHECK(converse(near));
        over = true;
        busy.wait();
        near.close();
        server.join();
    });
}

TEST_CASE("fibers do not starve while sockets stay ready", "[net][C42][bug][B12]") {
    in_fibers([] {
        // Each stream's ends are moved by two fibers that never find it empty or full for long.
        auto listener = net::listen("127.0.0.1:0");
        std::atomic<bool> over{false};
        std::atomic<long> moved{0};
        weft::wait_group busy;
        connection streams[4];
        for (connection& c : streams) {
            c = connect(listener);
            busy.go([&c, &over] {
                std::string const chunk(1024, 'x');
                while (!over) send(c.near, chunk);
                c.near.close();
            });
            busy.go([&c, &moved] {
                for (std::string part; !(part = receive(c.far, 512)).empty();) moved += static_cast<long>(part.size());
            });
        }
        // The sockets keep going while this fiber gets its turns.
        for (int turn = 0; turn != 100; ++turn) weft::this_fiber::yield();
        yield_until([&] { return moved > 100'000; });
        over = true;
        busy.wait();
    });
}
