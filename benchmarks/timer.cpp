#include "measure.hpp"
#include "workloads/waiting.hpp"

namespace {

// One iteration: one of 1,000 fibers sleeps 1 µs.
void sleep_1us(benchmark::State& state) {
    bench::measure(state, state.range(0), 20'000, workloads::sleep_microsecond, bench::count);
}
BENCHMARK(sleep_1us)->Apply(bench::one_and_two_workers);

// One iteration: a round trip over unbuffered channels in which each receive is bounded by a second, so that two timers
// are armed and stopped. Half of what it takes more than chan_ping_pong is the cost of one.
void timeout_ping_pong(benchmark::State& state) {
    bench::measure(state, state.range(0), 10'000, workloads::timeout_ping_pong, bench::sum_up_to);
}
BENCHMARK(timeout_ping_pong)->Apply(bench::one_and_two_workers);

}  // namespace
