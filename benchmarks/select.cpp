#include "measure.hpp"
#include "workloads/selecting.hpp"

namespace {

// One iteration: a message from a peer that alternates between two unbuffered channels, received by a select over both.
void select_parked(benchmark::State& state) {
    bench::measure(state, state.range(0), 10'000, workloads::select_parked, bench::sum_below);
}
BENCHMARK(select_parked)->Apply(bench::one_and_two_workers);

// One iteration: a value is sent into a buffer and received by a select over it and a channel that is never ready.
void select_ready(benchmark::State& state) {
    bench::measure(state, state.range(0), 10'000, workloads::select_ready, bench::sum_below);
}
BENCHMARK(select_ready)->Apply(bench::one_and_two_workers);

// One iteration: a select with one channel that has nothing, and `otherwise`.
void select_default(benchmark::State& state) {
    bench::measure(state, state.range(0), 100'000, workloads::select_default, bench::count);
}
BENCHMARK(select_default)->Apply(bench::one_and_two_workers);

}  // namespace
