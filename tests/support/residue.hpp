// What a run may not leave behind.
#pragma once

#include <cstddef>

namespace weft_test {

/// How many of each thing exist in this process now.
struct residue {
    std::size_t fibers;       // that have not ended
    std::size_t timers;       // armed deadlines
    std::size_t descriptors;  // open files, sockets, pollers
    std::size_t threads;
    long counted_objects;  // of type `counted`

    static residue now();
};

/// `now()`, as soon as it holds no more threads than `before`: the kernel lists a thread for a moment after it was joined.
residue settled(residue const& before);

}  // namespace weft_test
