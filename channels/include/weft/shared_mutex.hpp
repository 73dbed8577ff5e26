#pragma once
#include <weft/detail/spin_lock.hpp>
#include <weft/detail/wait_queue.hpp>

#include <atomic>
#include <cstdint>

namespace weft {

/// A lock that many readers or one writer hold, for fibers and OS threads; `std::shared_lock` and `std::unique_lock` work.
///
/// Nobody starves. A waiting writer keeps new readers out until it has had its turn, and when it unlocks all readers that
/// wait by then go before the next writer. So a fiber that holds a share must not ask for another: a writer may have come
/// in between, and both would wait for ever. Locking ignores cancellation, as `mutex::lock` does. Destroying it while it is
/// held, or unlocking what is not locked that way, stops the program with a message.
///
/// Thread safety: any member from any fiber or thread; another one than the holder may unlock.
/// Source: https://pkg.go.dev/sync#RWMutex
class shared_mutex {
public:
    shared_mutex() = default;
    ~shared_mutex();
    shared_mutex(shared_mutex const&) = delete;
    shared_mutex& operator=(shared_mutex const&) = delete;

    /// Blocks: until this fiber is the only one that holds the lock.
    void lock() {
        if (!try_lock()) [[unlikely]]
            lock_slowly();
    }
    /// Never waits; false if anybody holds the lock.
    bool try_lock() {
        std::uint64_t expected = 0;
        // Acquire: pairs with the releases in unlock and unlock_shared.
        return state_.compare_exchange_strong(expected, written, std::memory_order_acquire, std::memory_order_relaxed);
    }
    /// Ends `lock`; lets in whoever waits.
    void unlock() {
        std::uint64_t expected = written;
        // The last access to the lock: the next owner may destroy it.
        if (!state_.compare_exchange_strong(expected, 0, std::memory_order_release, std::memory_order_relaxed))
            [[unlikely]]
            unlock_slowly();
    }

    /// Blocks: until no writer holds the lock, or waits for it.
    void lock_shared() {
        if (!try_lock_shared()) [[unlikely]]
            lock_shared_slowly();
    }
    /// Never waits; false if a writer holds the lock or waits for it.
    bool try_lock_shared() {
        std::uint64_t state = state_.load(std::memory_order_relaxed);
        while ((state & (written | contended)) == 0)
            if (state_.compare_exchange_weak(state, state + reader, std::memory_order_acquire,
                                             std::memory_order_relaxed))
                return true;
        return false;
    }
    /// Ends `lock_shared`; the last one lets a writer in.
    void unlock_shared() {
        std::uint64_t state = state_.load(std::memory_order_relaxed);
        while (state >= reader && (state & contended) == 0)
            if (state_.compare_exchange_weak(state, state - reader, std::memory_order_release,
                                             std::memory_order_relaxed))
                return;
        unlock_shared_slowly();
    }

private:
    static constexpr std::uint64_t written = 1;
    static constexpr std::uint64_t contended = 2;  // somebody waits; changed under `lock_`
    static constexpr std::uint64_t reader = 4;     // times the number of those that hold a share

    void lock_slowly();
    void unlock_slowly();
    void lock_shared_slowly();
    void unlock_shared_slowly();

    std::atomic<std::uint64_t> state_{0};
    detail::spin_lock lock_;
    detail::waiter_list writers_ WEFT_GUARDED_BY(lock_);
    detail::waiter_list readers_ WEFT_GUARDED_BY(lock_);
};

}  // namespace weft
