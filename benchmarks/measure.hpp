// How a workload becomes a benchmark.
#pragma once
#include <weft/weft.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>

namespace bench {

/// What most workloads return after n operations: 0 + 1 + … + n-1.
inline std::uint64_t sum_below(std::uint64_t n) { return n * (n - 1) / 2; }
inline std::uint64_t sum_up_to(std::uint64_t n) { return n * (n + 1) / 2; }
inline std::uint64_t count(std::uint64_t n) { return n; }

/// Hides from the compiler what the value is. (Google Benchmark 1.7's DoNotOptimize of a variable, compiled by g++, changes it.)
inline std::uint64_t opaque(std::uint64_t value) {
    asm volatile("" : "+r"(value));
    return value;
}

/// Measures `work(batch)` on a runtime with `workers` workers; one iteration is one operation of the workload. A batch is
/// large enough that starting its fibers and channels does not show. `checksum(batch)` is what must come out.
template <class Work, class Checksum>
void measure(benchmark::State& state, std::int64_t workers, std::int64_t batch, Work work, Checksum checksum) {
    std::uint64_t const operations = opaque(static_cast<std::uint64_t>(batch));
    weft::runtime_options options;
    options.workers = static_cast<unsigned>(workers);
    weft::run(
        [&] {
            work(operations);  // warm up
            while (state.KeepRunningBatch(batch)) {
                if (work(operations) != checksum(operations)) {
                    state.SkipWithError("wrong checksum");
                    break;
                }
            }
        },
        options);
    state.SetItemsProcessed(state.iterations());
}

/// The numbers of workers each benchmark runs with. The processor time is that of the whole process.
inline void one_and_two_workers(benchmark::internal::Benchmark* benchmark) {
    benchmark->UseRealTime()->MeasureProcessCPUTime()->ArgName("workers")->Arg(1)->Arg(2);
}

}  // namespace bench
