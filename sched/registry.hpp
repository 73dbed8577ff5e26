#pragma once
// All runtimes of the process, for the questions that concern them all: is everybody asleep, who is alive.

#include "runtime_core.hpp"

#include <mutex>
#include <vector>

namespace weft::detail {

struct runtime_registry {
    std::mutex lock;                      // before any lock of a runtime
    std::vector<runtime_core*> runtimes;  // guarded by lock
    std::atomic<std::size_t> live{0};     // their number, for those that cannot lock
    std::atomic<int> waiting_callers{0};  // plain threads that wait in `run`

    static runtime_registry& instance() noexcept;
};

}  // namespace weft::detail
