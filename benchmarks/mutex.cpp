#include "measure.hpp"
#include "workloads/waiting.hpp"

namespace {

// One iteration: one of 64 fibers locks the mutex they share, counts, unlocks it.
void mutex_contended(benchmark::State& state) {
    bench::measure(state, state.range(0), 64'000, workloads::mutex_contended, bench::count);
}
BENCHMARK(mutex_contended)->Apply(bench::one_and_two_workers);

}  // namespace
