// The operations of the gate. Chosen so that a run repeats itself: one worker, nothing random, no race with a deadline.
// Two workers only where the question is whether the second is left asleep.
#include "operations.hpp"

#include "../workloads/channels.hpp"
#include "../workloads/locking.hpp"
#include "../workloads/selecting.hpp"
#include "../workloads/spawning.hpp"
#include "../workloads/tcp_echo.hpp"
#include "../workloads/waiting.hpp"

#include <weft/detail/diagnostics.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <thread>

namespace gating {

namespace {

std::uint64_t sum_below(std::uint64_t n) { return n * (n - 1) / 2; }
std::uint64_t sum_up_to(std::uint64_t n) { return n * (n + 1) / 2; }
std::uint64_t count(std::uint64_t n) { return n; }

/// One operation: a message over a channel of this capacity.
template <std::ptrdiff_t Capacity>
std::uint64_t messages(std::uint64_t repetitions) {
    return workloads::fan(Capacity, 1, 1, repetitions);
}

/// One operation: the only fiber sleeps long enough for its worker to fall asleep, too.
std::uint64_t sleep_alone(std::uint64_t sleeps) {
    std::uint64_t slept = 0;
    for (; slept != sleeps; ++slept) weft::this_fiber::sleep_for(std::chrono::microseconds(500));
    return slept;
}

/// One operation: a helper thread waits until the only worker has nothing to do and is about to sleep, and wakes it by
/// returning.
std::uint64_t blocking(std::uint64_t calls) {
    std::uint64_t returned = 0;
    while (returned != calls) {
        returned += weft::blocking([] {
            while (weft::detail::sleeping_workers() == 0) std::this_thread::yield();
            return 1u;
        });
    }
    return returned;
}

std::uint64_t tcp_echo(std::uint64_t round_trips) { return workloads::tcp_echo(1, round_trips); }

constexpr operation operations[] = {
    {"blocking", 1, 300, blocking, count},
    {"chan_buffered", 1, 20'000, messages<128>, sum_below},
    {"chan_ping_pong", 1, 4'000, workloads::ping_pong, sum_up_to},
    {"chan_ping_pong_2_workers", 2, 20'000, workloads::ping_pong, sum_up_to},
    {"chan_unbuffered", 1, 6'000, messages<0>, sum_below},
    {"mutex_alternating", 1, 4'000, workloads::mutex_alternating, count},
    {"mutex_uncontended", 1, 100'000, workloads::mutex_uncontended, count},
    {"select_default", 1, 20'000, workloads::select_default, count},
    {"select_parked", 1, 4'000, workloads::select_parked, sum_below},
    {"select_ready", 1, 10'000, workloads::select_ready, sum_below},
    {"sleep", 1, 100, sleep_alone, count},
    {"spawn_join", 1, 4'000, workloads::spawn_and_join, sum_below},
    {"spawn_join_2_workers", 2, 20'000, workloads::spawn_and_join, sum_below},
    {"spawn_waves", 1, 6'000, workloads::spawn_in_waves, sum_below},
    {"tcp_echo", 1, 500, tcp_echo, sum_below},
    {"timeout_ping_pong", 1, 3'000, workloads::timeout_ping_pong, sum_up_to},
    {"wait_group", 1, 30'000, workloads::wait_group_ready, count},
    {"yield", 1, 20'000, workloads::yield_between_two, count},
};

}  // namespace

operation const* find_operation(std::string_view name) {
    auto const* const found =
        std::find_if(std::begin(operations), std::end(operations), [name](auto const& o) { return o.name == name; });
    return found == std::end(operations) ? nullptr : found;
}

void list_operations() {
    for (auto const& o : operations) std::printf("%.*s\n", static_cast<int>(o.name.size()), o.name.data());
}

}  // namespace gating
