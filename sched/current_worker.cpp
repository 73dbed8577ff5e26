// Which worker runs on this thread.
#include "worker.hpp"

namespace weft::detail {

namespace {

thread_local worker* this_thread_worker = nullptr;

}  // namespace

// Compilers keep the address of a thread_local across calls; a fiber that has parked may be on another thread by then.
// Hence a function that is never inlined and that the optimizer cannot see through.
WEFT_NOINLINE worker* current_worker() noexcept {
    asm volatile("" ::: "memory");
    return this_thread_worker;
}

WEFT_NOINLINE void set_current_worker(worker* here) noexcept { this_thread_worker = here; }

}  // namespace weft::detail
