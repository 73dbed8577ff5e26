#include "measure.hpp"
#include "workloads/spawning.hpp"

namespace {

// One iteration: a fiber yields to the other of the two.
void yield(benchmark::State& state) {
    bench::measure(state, state.range(0), 100'000, workloads::yield_between_two, bench::count);
}
BENCHMARK(yield)->Apply(bench::one_and_two_workers);

// One iteration: a fiber is started and joined.
void spawn_join(benchmark::State& state) {
    bench::measure(state, state.range(0), 10'000, workloads::spawn_and_join, bench::sum_below);
}
BENCHMARK(spawn_join)->Apply(bench::one_and_two_workers);

// One iteration: one fiber of a wave of 1,000 is started and waited for with the rest.
void spawn_waves(benchmark::State& state) {
    bench::measure(state, state.range(0), 100'000, workloads::spawn_in_waves, bench::sum_below);
}
BENCHMARK(spawn_waves)->Apply(bench::one_and_two_workers);

// One iteration: a leaf of a tree of 1,000,000 leaves; a whole tree takes as many ms as a leaf takes ns.
void skynet(benchmark::State& state) {
    bench::measure(state, state.range(0), 1'000'000, workloads::skynet, bench::sum_below);
}
BENCHMARK(skynet)->Apply(bench::one_and_two_workers);

}  // namespace
