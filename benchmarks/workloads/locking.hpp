// Workloads about synchronisation that one worker repeats instruction by instruction: who waits for whom is fixed.
#pragma once
#include <weft/weft.hpp>

#include <cstdint>
#include <mutex>

namespace workloads {

/// One operation: lock a mutex that nobody else wants, count, unlock it.
inline std::uint64_t mutex_uncontended(std::uint64_t operations) {
    weft::mutex mutex;
    std::uint64_t counter = 0;
    for (std::uint64_t i = 0; i != operations; ++i) {
        std::lock_guard const lock(mutex);
        ++counter;
    }
    return counter;
}

/// One operation: one of two fibers locks a mutex that the other holds, parks for it, counts, and unlocks it.
///
/// The yield inside lets the other run into the lock; the one behind lets it have the lock, instead of being overtaken
/// until a millisecond is over.
inline std::uint64_t mutex_alternating(std::uint64_t operations) {
    weft::mutex mutex;
    std::uint64_t counter = 0;
    weft::wait_group done;
    for (int fiber = 0; fiber != 2; ++fiber) {
        done.go([&mutex, &counter, operations] {
            for (std::uint64_t i = 0; i != operations / 2; ++i) {
                {
                    std::lock_guard const lock(mutex);
                    ++counter;
                    weft::this_fiber::yield();
                }
                weft::this_fiber::yield();
            }
        });
    }
    done.wait();
    return counter;
}

/// One operation: a piece of work is counted, ends, and is waited for when it is over already.
inline std::uint64_t wait_group_ready(std::uint64_t operations) {
    weft::wait_group work;
    std::uint64_t count = 0;
    for (; count != operations; ++count) {
        work.add();
        work.done();
        work.wait();
    }
    return count;
}

}  // namespace workloads
