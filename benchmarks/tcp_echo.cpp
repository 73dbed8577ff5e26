#include "workloads/tcp_echo.hpp"
#include "measure.hpp"

namespace {

// One iteration: 64 bytes go to a server in the same process and come back, on one of the connections.
void tcp_echo(benchmark::State& state) {
    auto const connections = static_cast<unsigned>(state.range(0));
    auto const work = [=](std::uint64_t round_trips) { return workloads::tcp_echo(connections, round_trips); };
    bench::measure(state, state.range(1), 6'400, work, bench::sum_below);
}
BENCHMARK(tcp_echo)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->ArgNames({"connections", "workers"})
    ->ArgsProduct({{1, 64}, {1, 2}});

}  // namespace
