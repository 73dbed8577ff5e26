#pragma once
// An OS thread as a waiter: it sleeps on a futex in its claim word. Records are pooled and never freed, so that a token
// of a thread that has ended still points to a claim word.

#include "futex.hpp"

#include <weft/clock.hpp>
#include <weft/detail/waiter.hpp>

namespace weft::detail {

class cancel_scope;

class thread_waiter : public waiter {
public:
    /// The calling thread's.
    static thread_waiter& current() noexcept;

    thread_waiter() noexcept : waiter(kind::thread, 1) {}

    /// Sleeps until woken. False: the deadline passed first, and this wait is settled.
    bool park_until(clock::time_point deadline, std::uint64_t generation) noexcept;
    void wake() noexcept { futex_wake(bits()); }

    cancel_scope* scope = nullptr;  // the thread's: the innermost
    std::uint32_t shields = 0;      // the thread's

    thread_waiter* next_free = nullptr;  // in the pool
};

}  // namespace weft::detail
