#include "statistics.hpp"

#include <sys/resource.h>

#include <cstdio>

namespace weftsum {

std::string format_statistics(tally const& done, std::uint64_t fibers) {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    double const peak_bytes = static_cast<double>(usage.ru_maxrss) * 1024;  // Linux counts in KiB

    char text[512];
    std::snprintf(text, sizeof text,
                  "files        %llu\n"
                  "bytes        %llu\n"
                  "seconds      %.3f\n"
                  "rate         %s/s\n"
                  "fibers       %llu\n"
                  "peak memory  %s\n",
                  static_cast<unsigned long long>(done.files()), static_cast<unsigned long long>(done.bytes()),
                  done.seconds(), format_bytes(done.bytes_per_second()).c_str(),
                  static_cast<unsigned long long>(fibers), format_bytes(peak_bytes).c_str());
    return text;
}

}  // namespace weftsum
