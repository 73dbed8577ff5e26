#pragma once
#include <weft/detail/atomic.hpp>
#include <weft/detail/config.hpp>

#include <atomic>

namespace weft::detail {

/// How one waits for another thread to leave a critical section.
class patience {
public:
    /// Waits a while: a few pauses, later for longer, or for whoever has the processor meanwhile.
    void wait() noexcept;

private:
    static constexpr int first_pause = 16;
    int pause_ = first_pause;
    int round_ = 0;
};

/// Guards a few dozen instructions; nobody allocates or runs user code that may do so while holding it. Nobody parks with it
/// either, except in a late wait, where it is released right after the switch.
///
/// Test and test-and-set; a thread that waits long lets the (preempted) holder have the processor. Releasing is a plain
/// store: a lock that must look for sleepers pays a second locked instruction on every release.
class WEFT_CAPABILITY("spin lock") spin_lock {
public:
    void lock() noexcept WEFT_ACQUIRE() {
        // Acquire: pairs with the release in unlock.
        if (held_.exchange(true, std::memory_order_acquire)) [[unlikely]]
            lock_contended();
    }
    bool try_lock() noexcept WEFT_TRY_ACQUIRE(true) { return !held_.exchange(true, std::memory_order_acquire); }
    void unlock() noexcept WEFT_RELEASE() { held_.store(false, std::memory_order_release); }

private:
    void lock_contended() noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS;

    atomic<bool> held_{false};
};

class WEFT_SCOPED_CAPABILITY spin_guard {
public:
    explicit spin_guard(spin_lock& lock) noexcept WEFT_ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
    ~spin_guard() WEFT_RELEASE() { lock_.unlock(); }
    spin_guard(spin_guard const&) = delete;

private:
    spin_lock& lock_;
};

}  // namespace weft::detail
