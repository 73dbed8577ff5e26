#include "measure.hpp"
#include "workloads/bare_stacks.hpp"
#include "workloads/parked.hpp"

#include <chrono>

namespace {

using seconds = std::chrono::duration<double>;

// Stacks of an earlier benchmark would be counted to this one, or serve it for nothing.
bool is_fresh_process(benchmark::State& state) {
    constexpr double too_much = 16 << 20;
    auto const now = workloads::process_memory::now();
    if (now.resident_bytes + now.page_table_bytes < too_much) return true;
    state.SkipWithError("needs a process of its own: choose it with --benchmark_filter");
    return false;
}

// One iteration: so many fibers with stacks of 64 KiB start, wait until all have started, receive a value each and end. The
// counters say what a parked one costs; start_to_bare compares with a loop that only makes the stacks.
void parked_fibers(benchmark::State& state) {
    if (!is_fresh_process(state)) return;
    auto const fibers = static_cast<std::uint64_t>(state.range(0));
    weft::runtime_options options;
    options.workers = static_cast<unsigned>(state.range(1));
    for (auto _ : state) {
        state.PauseTiming();
        seconds const bare = workloads::bare_stacks(fibers);
        state.ResumeTiming();
        auto const result = weft::run([=] { return workloads::parked_fibers(fibers); }, options);
        if (result.checksum != bench::sum_below(fibers)) state.SkipWithError("wrong checksum");

        auto const each = [fibers](double before, double after) {
            return (after - before) / static_cast<double>(fibers);
        };
        state.counters["resident_bytes"] = each(result.before.resident_bytes, result.parked.resident_bytes);
        state.counters["page_table_bytes"] = each(result.before.page_table_bytes, result.parked.page_table_bytes);
        state.counters["mappings"] = result.parked.mappings;
        if (bare.count() > 0) state.counters["start_to_bare"] = result.to_start / bare;
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(parked_fibers)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->ArgNames({"fibers", "workers"})
    ->ArgsProduct({{100'000, 1'000'000}, {1, 2}});

// One iteration: a burst of parked fibers comes and goes; then the runtime has up to 10 s to hand their memory back. The
// counters are the resident memory before, at the peak and afterwards, and how long it took to get below twice the first.
void memory_after_burst(benchmark::State& state) {
    if (!is_fresh_process(state)) return;
    auto const fibers = static_cast<std::uint64_t>(state.range(0));
    weft::runtime_options options;
    options.workers = static_cast<unsigned>(state.range(1));
    weft::run(
        [&] {
            for (auto _ : state) {
                auto const burst = workloads::parked_fibers(fibers);
                auto const over = weft::clock::now();
                auto const after = workloads::wait_for_memory_to_fall(burst.before);
                state.counters["before_bytes"] = burst.before.resident_bytes;
                state.counters["peak_bytes"] = burst.parked.resident_bytes;
                state.counters["after_bytes"] = after.resident_bytes;
                state.counters["seconds_to_fall"] = seconds(weft::clock::now() - over).count();
                if (burst.checksum != bench::sum_below(fibers)) state.SkipWithError("wrong checksum");
            }
        },
        options);
}
BENCHMARK(memory_after_burst)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->ArgNames({"fibers", "workers"})
    ->ArgsProduct({{100'000}, {1, 2}});

}  // namespace
