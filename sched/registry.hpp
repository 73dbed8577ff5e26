#pragma once
// All runtimes of the process, for the questions that concern them all: is everybody asleep, who is alive.

#include "runtime_core.hpp"

#include <weft/detail/spin_lock.hpp>
#include <weft/detail/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace weft::detail {

/// The plain threads that wait in `run`: they wake nobody, unless they have been woken themselves.
class waiting_callers {
public:
    /// One of them, while this exists.
    class entry {
    public:
        entry(waiting_callers& all, waiter const& who) noexcept;
        ~entry();
        entry(entry const&) = delete;

    private:
        friend class waiting_callers;
        waiting_callers& all_;
        waiter const& who_;
        entry* next_;
        entry* previous_ = nullptr;
    };

    struct count {
        std::size_t asleep = 0;
        std::size_t awake = 0;
    };
    count take() const noexcept;

private:
    mutable spin_lock lock_;
    entry* first_ WEFT_GUARDED_BY(lock_) = nullptr;
};

/// The threads that weft runs. Each counts itself, first thing and last thing, so that no more are counted than the
/// system knows.
struct own_threads {
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> ended{0};
};

struct runtime_registry {
    std::mutex lock;                              // before any lock of a runtime
    std::vector<runtime_core*> runtimes;          // guarded by lock
    std::atomic<std::size_t> live{0};             // their number, for those that cannot lock
    std::atomic<std::size_t> outside_sources{0};  // see outside_source.hpp
    waiting_callers callers;
    own_threads threads;

    static runtime_registry& instance() noexcept;
};

/// In every thread that weft starts, for as long as it runs.
class own_thread {
public:
    own_thread() noexcept { runtime_registry::instance().threads.begun.fetch_add(1); }
    ~own_thread() { runtime_registry::instance().threads.ended.fetch_add(1); }
    own_thread(own_thread const&) = delete;
};

}  // namespace weft::detail
