#include "measure.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <utility>

namespace {

double process_cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

void wait_for_input(weft::net::tcp_stream stream) {
    std::array<std::byte, 64> buffer;
    stream.read_some(buffer);
}

// One iteration: two seconds in which nothing happens, in a process with so many parked fibers and so many connected sockets,
// each with a reader. cpu_percent is what the process used of one processor meanwhile.
void idle_process(benchmark::State& state) {
    weft::runtime_options options;
    options.workers = static_cast<unsigned>(state.range(2));
    weft::run(
        [&] {
            auto const never = weft::make_chan<weft::unit>();
            for (std::int64_t i = 0; i != state.range(0); ++i) weft::go([never] { never.recv(); });
            auto listener = weft::net::listen("127.0.0.1:0");
            for (std::int64_t sockets = 0; sockets < state.range(1); sockets += 2) {
                weft::go(wait_for_input, weft::net::dial(listener.local()));
                weft::go(wait_for_input, listener.accept());
            }
            weft::this_fiber::sleep_for(std::chrono::milliseconds(500));  // all of them have parked, the monitor too

            double used = 0;
            for (auto _ : state) {
                used -= process_cpu_seconds();
                weft::this_fiber::sleep_for(std::chrono::seconds(2));
                used += process_cpu_seconds();
            }
            state.counters["cpu_percent"] = 100 * used / (2.0 * static_cast<double>(state.iterations()));
        },
        options);
}
BENCHMARK(idle_process)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->ArgNames({"fibers", "sockets", "workers"})
    ->ArgsProduct({{10'000}, {1'000}, {1, 2}});

}  // namespace
