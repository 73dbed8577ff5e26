#include "measure.hpp"
#include "workloads/cancelling.hpp"

namespace {

// One iteration: a function runs under a deadline that it does not need. A context, a timer and a scope come and go.
void with_timeout_unneeded(benchmark::State& state) {
    bench::measure(state, state.range(0), 10'000, workloads::with_timeout_unneeded, bench::count);
}
BENCHMARK(with_timeout_unneeded)->Apply(bench::one_and_two_workers);

// One iteration: one of 10,000 fibers is started in a task group, falls asleep, and ends when the group is cancelled.
void cancel_sleepers(benchmark::State& state) {
    bench::measure(state, state.range(0), 10'000, workloads::cancel_sleepers, bench::count);
}
BENCHMARK(cancel_sleepers)->Apply(bench::one_and_two_workers);

}  // namespace
