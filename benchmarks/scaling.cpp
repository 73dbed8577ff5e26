#include "workloads/scaling.hpp"
#include "measure.hpp"

#include <thread>

namespace {

constexpr std::int64_t batch = 4'096;

// What the workloads must add up to, computed without a fiber. Kept, because it takes as long as one of them.
std::uint64_t crunched(std::uint64_t tasks) {
    static std::uint64_t const sum = workloads::plain_threads(1, tasks);
    return sum;
}

// 1, 2, 4, … workers, and as many as the machine has processors.
void scaling(benchmark::internal::Benchmark* benchmark) {
    std::int64_t const processors = std::thread::hardware_concurrency();
    benchmark->UseRealTime()->MeasureProcessCPUTime()->ArgName("workers");
    for (std::int64_t workers = 1; workers < processors; workers *= 2) benchmark->Arg(workers);
    benchmark->Arg(processors);
}

// One iteration: a task of about 10 µs of computation, at a leaf of a binary tree of forks and joins.
void fork_join(benchmark::State& state) {
    crunched(batch);
    bench::measure(state, state.range(0), batch, workloads::fork_join, crunched);
}
BENCHMARK(fork_join)->Apply(scaling);

// One iteration: a task of about 10 µs, handed out by one producer to as many consumers as there are workers.
void fan_out(benchmark::State& state) {
    crunched(batch);
    auto const consumers = static_cast<unsigned>(state.range(0));
    auto const work = [consumers](std::uint64_t tasks) { return workloads::fan_out(consumers, tasks); };
    bench::measure(state, state.range(0), batch, work, crunched);
}
BENCHMARK(fan_out)->Apply(scaling);

// One iteration: a task of about 10 µs in a fiber of its own, all of them started by one fiber.
void stealing(benchmark::State& state) {
    crunched(batch);
    bench::measure(state, state.range(0), batch, workloads::stealing, crunched);
}
BENCHMARK(stealing)->Apply(scaling);

}  // namespace
