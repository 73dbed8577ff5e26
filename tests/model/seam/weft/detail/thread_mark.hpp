#pragma once
// In place of the header of the same name: a mark for each thread of the scenario.
#include <cstddef>
#include <cstdint>

#include "checker/explorer.hpp"

namespace weft::detail {

using thread_mark = std::uintptr_t;

/// What builds the scenario stands for its first thread, so that a thread can begin with what it has earned.
inline thread_mark this_thread_mark() noexcept {
    std::size_t const thread = weft_model::this_thread();
    return ((thread == SIZE_MAX ? 0 : thread) + 1) << 4;  // as thread pointers, of which the low bits are zero
}

}  // namespace weft::detail
