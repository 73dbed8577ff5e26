#pragma once
// A runtime: its workers, who of them sleeps, and the fibers it must see off when it ends.
//
// The idle protocol. A producer publishes work, fences, then looks for sleepers. A worker declares itself idle, fences,
// then looks at every queue once more, then sleeps. So one of the two sees the other.
// One worker searches at a time; the one that finds work wakes the next if there is more.
// Waking costs the waker 7 µs, so a single waiting fiber wakes nobody: its worker is about to run it. If that
// worker stays in one fiber, the monitor notices that the work has aged.
//
// Invariants: searching_ <= 1, plus one while a searcher hands over. A worker is among the idle, or was taken out by a
//             waker that made it the searcher and interrupted it, or is awake.
//             The first options.workers workers are regular, the others spares. running_spares_ == spares that are not
//             retired, but for an instant when one retires or is called. In the long run running_spares_ <= blocked_.

#include "idle_workers.hpp"
#include "worker.hpp"

#include <weft/detail/atomic.hpp>
#include <weft/detail/spin_lock.hpp>
#include <weft/go.hpp>
#include <weft/runtime_options.hpp>
#include <weft/stats.hpp>

#include <atomic>
#include <memory>
#include <span>

namespace weft::detail {

class blocking_pool;
class monitor;
class submission_queue;

class runtime_core {
public:
    explicit runtime_core(runtime_options const& chosen);
    /// Cancels and joins every fiber, then stops the threads. After a leak of stragglers the memory is left to them.
    static void destroy(runtime_core* core) noexcept;

    // ---- starting fibers (start.cpp)

    /// A dead control block with room for a body, not yet visible to anybody. Errors: out of memory, stacks or
    /// `max_fibers`.
    fiber_control& create(std::size_t body_bytes, std::size_t body_alignment, spawn_options const& options);
    /// Gives back a block that `start` was not called for.
    void discard(fiber_control& unborn) noexcept;
    /// Makes the fiber alive and runnable. Errors: `std::bad_alloc`, and what copying an inherited local throws; the
    /// callable and the block are gone then.
    void start(fiber_control& fresh, fiber_operations const& operations, bool is_detached);
    void start_under(fiber_control& fresh, fiber_operations const& operations, bool is_detached, context const& under);

    // ---- waking

    /// From outside this runtime's workers.
    void inject(fiber_control& f) noexcept;
    void inject_all(ready_list& list) noexcept;
    /// Work was published: wakes a sleeper unless somebody is searching already.
    void wake_one() noexcept;
    /// Something was bound to `to` alone.
    void wake_this(worker& to) noexcept;

    // ---- the idle protocol, called by workers

    bool begin_search() noexcept;
    void end_search() noexcept;
    void declare_idle(worker& w) noexcept;
    /// True: a waker took this worker out of the idle list meanwhile and counted it as the searcher.
    bool withdraw_idle(worker& w) noexcept;
    bool anything_to_do() const noexcept;
    fiber_control* pop_injected() noexcept;
    /// A snapshot.
    bool is_idle(worker const& w) const noexcept;
    /// A snapshot: some worker has stayed in one fiber for a whole tick of the monitor.
    bool anyone_stuck() const noexcept;
    /// One sleeper at a time looks after stuck workers. True: the caller does.
    bool begin_relief() noexcept { return !relieving_.exchange(true, std::memory_order_relaxed); }
    void end_relief() noexcept { relieving_.store(false, std::memory_order_relaxed); }
    std::size_t idle() const noexcept { return idle_.asleep(); }
    bool all_idle() const noexcept {
        // In this order: a spare that comes in between makes it false and not true.
        std::size_t const asleep = idle_.asleep();
        return asleep == worker_count_.load(std::memory_order_acquire);
    }
    /// How long a queue must be for a thief: one waiting fiber is its worker's own, unless work was found to age.
    std::uint32_t steal_minimum() const noexcept { return eager_ticks.load(std::memory_order_relaxed) > 0 ? 1 : 2; }
    /// May miss the first spare as it comes; the monitor, which called it, then wakes it again.
    bool has_thieves() const noexcept { return worker_count_.load(std::memory_order_relaxed) > 1; }
    bool stopping_threads() const noexcept { return stop_threads_.load(std::memory_order_acquire); }

    // ---- workers that stand in for those whose threads are blocked in foreign code (spares.cpp)

    /// By the monitor: a worker has stayed in one fiber for a whole tick.
    void mark_away(worker& w) noexcept;
    /// By the monitor: a worker that is `away` waits in the kernel.
    void count_blocked(worker& w) noexcept;
    /// By that worker, when it is back.
    void count_unblocked() noexcept { blocked_.fetch_sub(1, std::memory_order_acq_rel); }
    /// By the monitor: there is work. Sees to it that a worker is there to do it, if any is blocked.
    void call_spares() noexcept;
    bool has_surplus() const noexcept {
        return running_spares_.load(std::memory_order_relaxed) > blocked_.load(std::memory_order_relaxed);
    }
    /// By a spare: retires it if there are more than blocked workers.
    void retire_surplus(worker& spare) noexcept;
    /// A spare's thread starts before the others can see it.
    void await_publication(worker const& w) const noexcept;

    // ---- nothing can ever run again (deadlock.cpp)

    /// How long all must have been asleep before it is worth a look whether they ever wake; `max()`: no need to look.
    clock::duration deadlock_patience() const noexcept;
    /// Called by the last worker to fall asleep, after a while. Reports, exits or warns as the options say.
    void examine_deadlock() noexcept;

    // ---- the end of fibers (shutdown.cpp)

    /// Cancels every fiber and waits for all to end, at most the grace period.
    void stop_fibers() noexcept;
    /// By `destroy`, with no fiber left: from now on no timer fires, for nobody would see off the fibers that it starts. False:
    /// one has just started a fiber; then timers go on.
    bool close_timers() noexcept;
    bool has_closed_timers() const noexcept { return timers_closed_.load(std::memory_order_relaxed); }
    bool stopping() const noexcept { return stopping_.load(std::memory_order_relaxed); }
    void fiber_ended() noexcept;
    bool has_leaked() const noexcept { return leaked_.load(std::memory_order_acquire); }
    std::size_t live() const noexcept;

    runtime_stats stats() const;

    /// Those there are now, spares included. Their number only grows.
    std::span<std::unique_ptr<worker> const> workers() const noexcept {
        return {workers_.get(), worker_count_.load(std::memory_order_acquire)};
    }
    std::size_t most_workers() const noexcept { return std::size_t{options.workers} + options.spare_workers; }
    blocking_pool& blocking() noexcept { return *blocking_; }

    runtime_options const options;
    unsigned const default_class;           // of stacks
    atomic<int> eager_ticks{0};             // set by the monitor, counted down by it
    atomic<bool> deadlock_reported{false};  // a warning is printed once

private:
    ~runtime_core();
    /// True: no other runtime is left.
    bool unregister() noexcept;
    void stop_threads() noexcept;
    void announce_stragglers() noexcept;
    void cancel_all() noexcept;
    void submit(fiber_control& fresh);

    bool add_spare() noexcept;

    std::uint64_t const seed_;
    std::unique_ptr<std::unique_ptr<worker>[]> const workers_;  // room for most_workers()
    atomic<std::size_t> worker_count_{0};                       // released when a worker is there
    injection injected_;
    std::unique_ptr<submission_queue> submissions_;
    std::unique_ptr<blocking_pool> blocking_;
    std::unique_ptr<monitor> monitor_;

    idle_workers idle_;
    alignas(cache_line_bytes) atomic<int> searching_{0};
    atomic<bool> relieving_{false};  // by the sleeper that began it; orders nothing
    atomic<bool> stop_threads_{false};
    atomic<unsigned> blocked_{0};         // workers seen as blocked
    atomic<unsigned> running_spares_{0};  // raised by the monitor, lowered by a spare that retires

    atomic<bool> stopping_{false};
    atomic<bool> timers_closed_{false};
    atomic<std::uint64_t> spawned_outside_{0};  // fibers started by threads that are no workers of this runtime
    atomic<std::size_t> counted_{0};            // live fibers, kept only under max_fibers
    atomic<int> foreign_wakers_{0};             // threads inside `inject`
    atomic<std::uint64_t> examined_at_{0};      // the progress at the last look for a deadlock, plus one
    atomic<bool> uncertain_{false};             // it could not tell, for what others do: look again
    spin_lock stopper_lock_;
    wait_token stopper_ WEFT_GUARDED_BY(stopper_lock_);  // waits in stop_fibers for the last fiber
    atomic<bool> leaked_{false};                         // stragglers were abandoned; this object then lives for ever
};

/// The last rites of a fiber that had finished before it was detached. Its exception, if any, ends the program.
void detach_finished(fiber_control& f) noexcept;

}  // namespace weft::detail
