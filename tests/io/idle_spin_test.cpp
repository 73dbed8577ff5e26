// Workers that stay awake for an answer.

#include <poll.h>
#include <unistd.h>

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

// How often workers looked for events while a peer answered `rounds` times, a millisecond after each question.
std::uint64_t looks(weft::runtime_options options, std::chrono::microseconds idle_spin, int rounds) {
    options.idle_spin = idle_spin;
    weft::runtime rt(options);
    std::uint64_t before = 0;
    rt.run([&] {
        auto [here, there] = weft::net::stream_pair();
        int const peer = there.native_handle();
        std::thread slow([peer, rounds] {
            char byte = 0;
            for (int i = 0; i != rounds; ++i) {
                pollfd question{peer, POLLIN, 0};
                ::poll(&question, 1, -1);
                (void)!::read(peer, &byte, 1);
                std::this_thread::sleep_for(1ms);  // NOLINT(banned): what the peer takes to answer
                (void)!::write(peer, &byte, 1);
            }
        });
        before = rt.stats().polls;
        std::byte byte{};
        for (int i = 0; i != rounds; ++i) {
            here.write_all(std::span(&byte, 1));
            CHECK(here.read_some(std::span(&byte, 1)) == 1);
        }
        slow.join();
    });
    return rt.stats().polls - before;
}

}  // namespace

TEST_CASE("an answer that comes soon finds the worker awake, if it may wait so", "[options][poller]") {
    constexpr int rounds = 20;
    with_workers([](weft::runtime_options options) {
        // Asleep it looks a few times in each round; awake, as often as the system answers within a millisecond.
        std::uint64_t const asleep = looks(options, 0us, rounds);
        std::uint64_t const awake = looks(options, 20ms, rounds);
        CHECK(asleep < 10 * rounds);
        CHECK(awake > 20 * rounds);
    });
}
