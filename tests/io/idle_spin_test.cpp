// Workers that stay awake for an answer.

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <weft/weft.hpp>

#include "support/fixture.hpp"

using namespace std::chrono_literals;
using namespace weft_test;

namespace {

// Lets an answer wait until all workers sleep, or have looked for it more often than before a sleep. True: they are awake.
bool is_awaited_awake(weft::runtime const& rt) {
    constexpr std::uint64_t often = 100;
    auto const before = rt.stats();
    for (;;) {
        auto const now = rt.stats();
        if (weft::detail::sleeping_workers() == now.workers + now.spare_workers) return false;
        if (now.polls >= before.polls + often) return true;
        std::this_thread::yield();
    }
}

// A fiber asks and a peer answers, until `enough(found_asleep, found_awake)`: how often the answer found the workers so.
template <class Enough>
void converse(weft::runtime_options const& options, Enough const& enough) {
    weft::runtime rt(options);
    std::atomic<int> found_asleep{0}, found_awake{0};
    rt.run([&] {
        auto [here, there] = weft::net::stream_pair();
        std::thread peer([&, number = there.native_handle()] {
            pollfd about{number, POLLIN, 0};
            std::byte byte{};
            while (::poll(&about, 1, -1) == 1 && ::read(number, &byte, 1) == 1) {
                ++(is_awaited_awake(rt) ? found_awake : found_asleep);
                (void)!::write(number, &byte, 1);
            }
        });
        std::byte byte{};
        do {
            here.write_all(std::span(&byte, 1));
            CHECK(here.read_some(std::span(&byte, 1)) == 1);
        } while (!enough(found_asleep.load(), found_awake.load()));
        here.close();
        weft::blocking([&] { peer.join(); });
    });
}

}  // namespace

TEST_CASE("an answer that comes soon finds the worker awake, if it may wait so", "[options][poller]") {
    with_workers([](weft::runtime_options options) {
        options.idle_spin = 1s;
        converse(options, [](int, int awake) { return awake == 3; });
        options.idle_spin = 0s;
        converse(options, [](int asleep, int awake) {
            CHECK(awake == 0);
            return asleep == 20;
        });
    });
}
