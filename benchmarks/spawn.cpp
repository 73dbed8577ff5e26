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

// What `workloads::fork_join` must add up to, computed without a fiber. Kept, because it takes as long as the workload.
std::uint64_t crunched(std::uint64_t tasks) {
    static std::uint64_t const sum = [tasks] {
        std::uint64_t total = 0;
        for (std::uint64_t i = 0; i != tasks; ++i) total += workloads::crunch(i);
        return total;
    }();
    return sum;
}

// One iteration: a task of about 10 µs of computation, at a leaf of a binary tree of forks and joins.
void fork_join(benchmark::State& state) {
    constexpr std::int64_t tasks = 4'096;
    crunched(tasks);
    bench::measure(state, state.range(0), tasks, workloads::fork_join, crunched);
}
BENCHMARK(fork_join)->Apply(bench::one_and_two_workers);

}  // namespace
