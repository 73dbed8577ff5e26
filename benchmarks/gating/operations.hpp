#pragma once
#include <cstdint>
#include <string_view>

namespace gating {

/// What the gate counts.
struct operation {
    std::string_view name;
    unsigned workers;
    std::uint64_t repetitions;  // enough that a stray event is less than the tolerance, few enough for valgrind
    std::uint64_t (*work)(std::uint64_t repetitions);
    std::uint64_t (*checksum)(std::uint64_t repetitions);  // what `work` must return
};

/// Null: there is none of this name.
operation const* find_operation(std::string_view name);

/// Prints the names, one per line.
void list_operations();

}  // namespace gating
