// What the servers of benchmarks/io have in common, and how the load generator looks at one from outside.
//
//     SERVER SERVICE WORKERS [ARGUMENT...]
//
// prints the port that it serves at and ends when its standard input does.
#pragma once
#include <unistd.h>
#include <ctime>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace serving {

constexpr std::size_t buffer_bytes = 1024;  // of a connection; messages are smaller

[[noreturn]] inline void fail(std::string const& what) {
    std::perror(what.c_str());
    std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

inline void announce(unsigned port) {
    std::printf("%u\n", port);
    std::fflush(stdout);
}

/// Blocks the thread until whoever started this process lets go of it.
inline void wait_for_end_of_input() {
    for (char byte; ::read(STDIN_FILENO, &byte, 1) > 0;) {}
}

/// The processor time that a process has used, in seconds.
inline double processor_seconds(pid_t process) {
    clockid_t clock = 0;
    timespec used{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &used) != 0) fail("the server's clock");
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

/// Its resident memory, in bytes.
inline double resident_bytes(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string field; status >> field;)
        if (double kibibytes = 0; field == "VmRSS:" && status >> kibibytes) return kibibytes * 1024;
    fail("the server's memory");
}

/// What one run has measured: operations, and the processor time that the process in question used for them.
struct measurement {
    std::uint64_t operations = 0;
    double seconds = 0;
    double processor_seconds = 0;

    void print() const {
        std::printf("%llu %.6f %.6f\n", static_cast<unsigned long long>(operations), seconds, processor_seconds);
    }
};

/// Counts from `begin` to `end`, of the operations that somebody else counts.
class stopwatch {
public:
    explicit stopwatch(pid_t process) : process_(process) {}

    void begin(std::uint64_t operations) {
        operations_ = operations;
        used_ = processor_seconds(process_);
        began_ = std::chrono::steady_clock::now();
    }
    measurement end(std::uint64_t operations) const {
        std::chrono::duration<double> const passed = std::chrono::steady_clock::now() - began_;
        return {operations - operations_, passed.count(), processor_seconds(process_) - used_};
    }

private:
    pid_t process_;
    std::uint64_t operations_ = 0;
    double used_ = 0;
    std::chrono::steady_clock::time_point began_;
};

}  // namespace serving
