#pragma once
#include <weft/detail/wait_queue.hpp>

#include <cstddef>

namespace weft {

/// A meeting point that can be used again and again: nobody leaves a phase before all have arrived.
///
/// A cancelled wait takes its arrival back, unless the phase was complete by then: whoever will not come again says so by
/// `arrive_and_drop`, in a destructor, say. More arrivals than participants, and destroying the barrier under a waiter stop
/// the program with a message. It may be destroyed when every participant's last call has returned or been let through.
///
/// Thread safety: any member from any fiber or thread.
/// Source: https://en.cppreference.com/w/cpp/thread/barrier
class barrier {
public:
    /// Errors: `std::invalid_argument` if `count` is negative.
    explicit barrier(std::ptrdiff_t count);
    ~barrier();
    barrier(barrier const&) = delete;
    barrier& operator=(barrier const&) = delete;

    /// Arrives, and waits for the others of this phase. What they did before they arrived is visible afterwards.
    /// Blocks: until all have arrived.
    /// Errors: `cancelled`; the arrival is taken back then.
    void arrive_and_wait();
    /// Arrives for the last time: this phase counts it, later ones expect one participant less. Never waits.
    void arrive_and_drop();

private:
    detail::channel_waiter* arrive_locked() WEFT_REQUIRES(waiters_);

    detail::wait_queue waiters_;
    std::ptrdiff_t participants_ WEFT_GUARDED_BY(waiters_);
    std::ptrdiff_t missing_ WEFT_GUARDED_BY(waiters_);  // in this phase
};

}  // namespace weft
