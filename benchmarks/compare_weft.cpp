// weft's side of benchmarks/compare.
//
//     weft_compare WORKLOAD WORKERS OPERATIONS
//
// prints one line "name value checksum" for each thing it measures; the value is in nanoseconds per operation unless the
// name says otherwise. The peers (benchmarks/peers) have the same form.
#include "workloads/bare_stacks.hpp"
#include "workloads/channels.hpp"
#include "workloads/idle.hpp"
#include "workloads/parked.hpp"
#include "workloads/scaling.hpp"
#include "workloads/selecting.hpp"
#include "workloads/spawning.hpp"
#include "workloads/tcp_echo.hpp"
#include "workloads/waiting.hpp"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

namespace {

using workload = std::uint64_t (*)(std::uint64_t operations);

std::map<std::string_view, workload> const by_name{
    {"yield", workloads::yield_between_two},
    {"spawn_join", workloads::spawn_and_join},
    {"spawn_waves", workloads::spawn_in_waves},
    {"skynet", workloads::skynet},
    {"fork_join", workloads::fork_join},
    {"stealing", workloads::stealing},
    {"chan_ping_pong", workloads::ping_pong},
    {"chan_unbuffered_1_1", [](std::uint64_t n) { return workloads::fan(0, 1, 1, n); }},
    {"chan_unbuffered_8_8", [](std::uint64_t n) { return workloads::fan(0, 8, 8, n); }},
    {"chan_buffered_1_1", [](std::uint64_t n) { return workloads::fan(128, 1, 1, n); }},
    {"chan_buffered_8_1", [](std::uint64_t n) { return workloads::fan(128, 8, 1, n); }},
    {"chan_buffered_8_8", [](std::uint64_t n) { return workloads::fan(128, 8, 8, n); }},
    {"select_parked", workloads::select_parked},
    {"select_ready", workloads::select_ready},
    {"select_default", workloads::select_default},
    {"sleep_1us", workloads::sleep_microsecond},
    {"timeout_ping_pong", workloads::timeout_ping_pong},
    {"mutex_64", workloads::mutex_contended},
    {"tcp_echo_1", [](std::uint64_t n) { return workloads::tcp_echo(1, n); }},
    {"tcp_echo_64", [](std::uint64_t n) { return workloads::tcp_echo(64, n); }},
};

void report(std::string_view name, double value, std::uint64_t checksum) {
    std::printf("%.*s %.3f %llu\n", static_cast<int>(name.size()), name.data(), value,
                static_cast<unsigned long long>(checksum));
}

// A tenth of the work first, to warm up.
template <class Work>
void measure_time(std::string_view name, std::uint64_t operations, Work work) {
    work(operations / 10);
    auto const start = std::chrono::steady_clock::now();
    std::uint64_t const checksum = work(operations);
    std::chrono::duration<double, std::nano> const elapsed = std::chrono::steady_clock::now() - start;
    report(name, elapsed.count() / static_cast<double>(operations), checksum);
}

void measure_parked(std::uint64_t fibers) {
    std::chrono::duration<double, std::nano> const bare = workloads::bare_stacks(fibers);
    auto const [before, parked, to_start, checksum] = workloads::parked_fibers(fibers);
    auto const after = workloads::wait_for_memory_to_fall(before);

    double const per_fiber = 1 / static_cast<double>(fibers);
    std::chrono::duration<double, std::nano> const start = to_start;
    report("parked_start", start.count() * per_fiber, checksum);
    if (bare.count() > 0) report("parked_start_to_bare", start / bare, checksum);
    report("parked_resident", (parked.resident_bytes - before.resident_bytes) * per_fiber, checksum);
    report("parked_page_tables", (parked.page_table_bytes - before.page_table_bytes) * per_fiber, checksum);
    report("parked_mappings", parked.mappings, checksum);
    report("parked_left", after.resident_bytes / before.resident_bytes, checksum);
}

void measure_idle(std::uint64_t fibers) {
    auto const [cpu_percent, woken] = workloads::idle_process(fibers, 1'000);
    report("idle_process", cpu_percent, woken);
}

void measure(std::string_view name, unsigned workers, std::uint64_t operations) {
    if (name == "parked_fibers") return measure_parked(operations);
    if (name == "idle_process") return measure_idle(operations);
    if (name == "fan_out") {
        return measure_time(name, operations, [=](std::uint64_t n) { return workloads::fan_out(workers, n); });
    }
    if (auto const found = by_name.find(name); found != by_name.end()) {
        return measure_time(name, operations, found->second);
    }
    std::printf("%.*s absent\n", static_cast<int>(name.size()), name.data());
}

std::uint64_t positive_number(char const* text) {
    char* end = nullptr;
    unsigned long long const value = std::strtoull(text, &end, 10);
    if (value == 0 || *end != '\0') {
        std::fprintf(stderr, "not a positive number: %s\n", text);
        std::exit(2);  // NOLINT(concurrency-mt-unsafe): no other thread yet
    }
    return value;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: weft_compare WORKLOAD WORKERS OPERATIONS\n", stderr);
        return 2;
    }
    std::string_view const name = argv[1];
    auto const workers = static_cast<unsigned>(positive_number(argv[2]));
    std::uint64_t const operations = positive_number(argv[3]);
    if (name == "plain_threads") {
        measure_time(name, operations, [=](std::uint64_t n) { return workloads::plain_threads(workers, n); });
        return 0;
    }
    weft::runtime_options options;
    options.workers = workers;
    weft::run([=] { measure(name, workers, operations); }, options);
}
