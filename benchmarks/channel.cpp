#include "measure.hpp"
#include "workloads/channels.hpp"

namespace {

// One iteration: a value goes to the other fiber and an answer comes back, each over an unbuffered channel.
void chan_ping_pong(benchmark::State& state) {
    bench::measure(state, state.range(1), 10'000, workloads::ping_pong, bench::sum_up_to);
}
BENCHMARK(chan_ping_pong)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->ArgNames({"capacity", "workers"})
    ->ArgsProduct({{0}, {1, 2}});

// One iteration: a message goes from one of the producers over one channel to one of the consumers.
void chan_fan(benchmark::State& state) {
    auto const capacity = state.range(0);
    auto const producers = static_cast<unsigned>(state.range(1));
    auto const consumers = static_cast<unsigned>(state.range(2));
    auto const work = [=](std::uint64_t messages) { return workloads::fan(capacity, producers, consumers, messages); };
    bench::measure(state, state.range(3), 80'000, work, bench::sum_below);
}
BENCHMARK(chan_fan)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->ArgNames({"capacity", "producers", "consumers", "workers"})
    ->ArgsProduct({{0}, {1}, {1}, {1, 2}})
    ->ArgsProduct({{0}, {8}, {8}, {1, 2}})
    ->ArgsProduct({{128}, {1}, {1}, {1, 2}})
    ->ArgsProduct({{128}, {8}, {1, 8}, {1, 2}});

}  // namespace
