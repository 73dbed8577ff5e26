#include "workloads/idle.hpp"
#include "measure.hpp"

namespace {

// One iteration: two seconds in which nothing happens, in a process with so many parked fibers and so many connected sockets,
// each with a reader. cpu_percent is what the process used of one processor meanwhile.
void idle_process(benchmark::State& state) {
    auto const fibers = static_cast<std::uint64_t>(state.range(0));
    auto const sockets = static_cast<unsigned>(state.range(1));
    weft::runtime_options options;
    options.workers = static_cast<unsigned>(state.range(2));
    for (auto _ : state) {
        auto const result = weft::run([=] { return workloads::idle_process(fibers, sockets); }, options);
        state.counters["cpu_percent"] = result.cpu_percent;
        if (result.woken != fibers) state.SkipWithError("wrong checksum");
    }
}
BENCHMARK(idle_process)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->ArgNames({"fibers", "sockets", "workers"})
    ->ArgsProduct({{10'000}, {1'000}, {1, 2}});

}  // namespace
