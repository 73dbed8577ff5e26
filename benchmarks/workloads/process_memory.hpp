// What the kernel says about the memory of this process.
#pragma once
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

namespace workloads {

struct process_memory {
    double resident_bytes = 0;    // VmRSS
    double page_table_bytes = 0;  // VmPTE
    double mappings = 0;          // what vm.max_map_count limits

    static process_memory now() {
        process_memory memory;
        std::ifstream status("/proc/self/status");
        for (std::string field; status >> field;) {
            double kibibytes = 0;
            if (field == "VmRSS:" && status >> kibibytes) memory.resident_bytes = kibibytes * 1024;
            if (field == "VmPTE:" && status >> kibibytes) memory.page_table_bytes = kibibytes * 1024;
        }
        std::ifstream maps("/proc/self/maps");
        memory.mappings = static_cast<double>(std::count(std::istreambuf_iterator(maps), {}, '\n'));
        return memory;
    }
};

}  // namespace workloads
