// weft's side of benchmarks/latency.
//
//     weft_latency channel|timer|threads WORKERS FIBERS WORK_NS alone|hog SCHEDULE
//
// plays a schedule: a file of 64-bit integers, the nanoseconds at which requests are due. It writes three such integers for
// each request, `arrivals::record`, to the standard output, in the machine's byte order. `threads` is no fiber at all, but
// WORKERS threads (less one beside a hog) that spin. Go's side (benchmarks/peers/go_latency) has the same form.
#include "workloads/arrivals.hpp"
#include "workloads/bare_threads.hpp"
#include "workloads/open_loop.hpp"

#include <weft/weft.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

[[noreturn]] void fail(char const* what) {
    std::fprintf(stderr, "weft_latency: %s\n", what);
    std::exit(2);  // NOLINT(concurrency-mt-unsafe): no other thread runs
}

std::uint64_t number(char const* text) {
    char* end = nullptr;
    unsigned long long const value = std::strtoull(text, &end, 10);
    if (end == text || *end != '\0') fail("WORKERS, FIBERS and WORK_NS are numbers");
    return value;
}

std::vector<std::int64_t> schedule(char const* path) {
    std::error_code unreadable;
    std::uintmax_t const bytes = std::filesystem::file_size(path, unreadable);
    if (unreadable) fail("cannot read SCHEDULE");
    std::vector<std::int64_t> due(bytes / sizeof(std::int64_t));
    std::ifstream file(path, std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(due.data()),
                   static_cast<std::streamsize>(due.size() * sizeof(std::int64_t))))
        fail("cannot read SCHEDULE");
    return due;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 7) fail("usage: weft_latency channel|timer|threads WORKERS FIBERS WORK_NS alone|hog SCHEDULE");
    std::string_view const workload = argv[1];
    auto const workers = static_cast<unsigned>(number(argv[2]));
    std::size_t const fibers = number(argv[3]);
    bool const beside_hog = std::string_view(argv[5]) == "hog";
    if (workers < (beside_hog ? 2U : 1U) || fibers == 0) fail("not enough workers or fibers");

    workloads::arrivals requests(schedule(argv[6]), std::chrono::nanoseconds(number(argv[4])));
    requests.begin_at(weft::clock::now() + workloads::lead_time);
    bool in_time = false;
    weft::runtime_options options;
    options.workers = workers;
    if (workload == "channel")
        in_time = weft::run([&] { return workloads::wake_by_channel(requests, fibers, beside_hog); }, options);
    else if (workload == "timer")
        in_time = weft::run([&] { return workloads::wake_by_timer(requests, fibers, beside_hog); }, options);
    else if (workload == "threads")
        in_time = workloads::spin_for_requests(requests, workers - (beside_hog ? 1 : 0), beside_hog);
    else
        fail("no such workload");
    if (!in_time) fail("the fibers were not ready when the schedule began");

    auto const& records = requests.records();
    if (std::fwrite(records.data(), sizeof records[0], records.size(), stdout) != records.size() ||
        std::fflush(stdout) != 0)
        fail("cannot write");
}
