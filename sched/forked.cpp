#include "forked.hpp"

#include "registry.hpp"

#include <weft/detail/fatal.hpp>

#include <pthread.h>
#include <mutex>
#include <new>

namespace weft::detail {

std::atomic<bool> forked_beside_runtimes{false};

void die_after_fork() noexcept {
    fatal("weft was used in a child of fork, which has none of its threads: after fork call exec or _exit");
}

void watch_for_forks() {
    static std::once_flag once;
    std::call_once(once, [] {
        // By the child's only thread, so a plain look at what the registry counts is enough.
        auto const in_child = [] {
            if (runtime_registry::instance().live.load(std::memory_order_relaxed) == 0) return;
            forked_beside_runtimes.store(true, std::memory_order_relaxed);
            forget_worker();
        };
        if (::pthread_atfork(nullptr, nullptr, in_child) != 0) throw std::bad_alloc();
    });
}

}  // namespace weft::detail
