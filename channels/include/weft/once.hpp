#pragma once
#include <weft/detail/wait_queue.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace weft {

/// Something that is done once, by whoever comes first; the others wait until it is done.
///
/// If the function throws, its caller gets the exception, it counts as not done, and the oldest that waits tries next. Calling it
/// from the function that it runs stops the program with a message. It may be destroyed as soon as a call returned, also while
/// the call that did it still is returning.
///
/// Thread safety: any member from any fiber or thread.
/// Source: https://pkg.go.dev/sync#Once, https://en.cppreference.com/w/cpp/thread/call_once
class once {
public:
    once() = default;
    ~once();
    once(once const&) = delete;
    once& operator=(once const&) = delete;

    /// Calls `f()` unless that was done before. What it did is visible when any call returns.
    /// Blocks: while another caller is at it.
    /// Errors: what `f` throws; `cancelled`, while it waits.
    template <class F>
    void call(F&& f) {
        if (is_done() || !begin()) return;
        try {
            static_cast<void>(std::forward<F>(f)());
        } catch (...) {
            fail();
            throw;
        }
        succeed();
    }
    /// Whether a call has succeeded. Never waits.
    bool is_done() const noexcept { return state_.load(std::memory_order_acquire) == done; }

private:
    enum : std::uint32_t { idle, running, finishing, done };

    bool begin();
    void fail() noexcept;
    void succeed() noexcept;

    // idle <-> running -> finishing under the lock of `waiters_`; -> done (release) without it, as the last access.
    std::atomic<std::uint32_t> state_{idle};
    std::atomic<detail::waiter const*> caller_{
        nullptr};  // who runs the function, written by himself; compared by others
    detail::wait_queue waiters_;
};

}  // namespace weft
