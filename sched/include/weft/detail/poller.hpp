#pragma once
// The seam between the scheduler and whatever it waits in when there is nothing to run. `sched` owns the interface and
// ships one that waits on a futex only; `io` implements it on the kernel's readiness and completion queues.

#include <weft/clock.hpp>
#include <weft/detail/fiber_control.hpp>
#include <weft/detail/poller_kind.hpp>

#include <memory>

namespace weft::detail {

/// Fibers that became runnable together, oldest first, linked through their control blocks.
class ready_list {
public:
    void push(fiber_control& f) noexcept {
        f.next = nullptr;
        (last_ == nullptr ? first_ : last_->next) = &f;
        last_ = &f;
        ++count_;
    }
    fiber_control* pop() noexcept {
        fiber_control* f = first_;
        if (f == nullptr) return nullptr;
        first_ = f->next;
        if (first_ == nullptr) last_ = nullptr;
        --count_;
        return f;
    }
    bool empty() const noexcept { return first_ == nullptr; }
    std::size_t size() const noexcept { return count_; }

private:
    fiber_control* first_ = nullptr;
    fiber_control* last_ = nullptr;
    std::size_t count_ = 0;
};

/// One per worker. Thread safety: any member from any thread; only the owner waits in it.
class poller {
public:
    poller() = default;
    poller(poller const&) = delete;
    virtual ~poller() = default;

    /// Collects the fibers whose events have come. Waits for one until `deadline` or an interrupt; a deadline that has
    /// passed (`time_point::min()`) never waits.
    virtual void poll(clock::time_point deadline, ready_list& ready) = 0;

    /// Makes the current or the next waiting `poll` return. Several before that count as one.
    virtual void interrupt() noexcept = 0;

    /// Whether a poll could find anything: something is registered.
    virtual bool watches() const noexcept = 0;
};

/// Defined by `io`; tests of `sched` alone link `standalone_poller.cpp`. Errors: `std::system_error`, also for a kind
/// that this system does not have.
std::unique_ptr<poller> make_poller(poller_kind kind);
std::unique_ptr<poller> make_futex_poller();

/// The poller of the worker that runs the calling fiber; null on a plain thread.
poller* current_poller() noexcept;

}  // namespace weft::detail
