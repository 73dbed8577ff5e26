#pragma once
// An OS thread that runs fibers, with everything it owns.
//
// A parking fiber switches straight to the next runnable one; the worker's own stack runs only when there is nothing to
// run.
// Order of choice: `runnext` (woken last, inherits the rest of the slice), the newest unstarted fiber, the oldest woken
// one. Every `fair_interval`-th choice goes to whoever may have waited too long instead.
//
// Who touches what: fields without a remark belong to the worker's thread. The slots and queues say themselves.
// Lock order:       none of its own; the locks of queues, timers and pollers are leaves.

#include "idle_spin.hpp"
#include "injection.hpp"
#include "owner_slot.hpp"
#include "run_ring.hpp"
#include "spawn_deque.hpp"
#include "split_mix.hpp"

#include <weft/detail/atomic.hpp>
#include <weft/detail/execution.hpp>
#include <weft/detail/fiber_control.hpp>
#include <weft/detail/os_thread.hpp>
#include <weft/detail/poller.hpp>
#include <weft/detail/stack_pool.hpp>
#include <weft/detail/timers.hpp>
#include <weft/stats.hpp>

#include <sys/types.h>
#include <atomic>
#include <cstdint>
#include <memory>

namespace weft::detail {

class runtime_core;

/// A counter that one thread writes and any thread reads.
class tally {
public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_release);
    }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_acquire); }

private:
    atomic<std::uint64_t> value_{0};
};

/// Whether a worker's fibers take turns, as the monitor sees it.
enum class presence : std::uint8_t {
    here,
    away,    // one fiber has had it for a whole tick: everything it holds is for others to take
    blocked  // and that fiber waits in the kernel: counted in runtime_core::blocked_
};

class worker : public host {
public:
    enum class role : bool { regular, spare };

    worker(runtime_core& rt, unsigned index, std::uint64_t seed, role as);
    ~worker();

    void start();
    void join() {
        if (thread_.joinable()) thread_.join();
    }

    // ---- called by fibers that run here

    fiber_control* running() const noexcept { return running_.load(std::memory_order_relaxed); }
    /// Leaves the running fiber, which parks; returns when it runs again, possibly elsewhere.
    static void park(worker& here, fiber_control& self) noexcept;
    /// The same, and does `publish(argument)` once nobody stands on the fiber's stack.
    static void park_then(worker& here, fiber_control& self, publish_action publish, void* argument) noexcept;
    /// Lets others run, if there are any.
    static void yield(worker& here, fiber_control& self) noexcept;
    /// Leaves the running fiber for good, once its entry function returns the result. `joiner`, if there is one, runs next.
    static continuation finish(worker& here, fiber_control& self, fiber_control* joiner) noexcept;
    /// First thing on a new fiber's stack.
    static worker& arrive(void* payload) noexcept;

    /// Makes a woken fiber of this runtime runnable. Called on this worker's thread.
    void ready(fiber_control& f) noexcept;
    void ready_all(ready_list& list) noexcept;
    /// Queues a fiber that has never run. Errors: `std::bad_alloc`.
    void start(fiber_control& fresh);

    /// Charges 64 cheap operations to the running fiber. True: its slice is used up and it should yield.
    bool charge() noexcept { return --budget_ == 0; }
    void refill_budget() noexcept { budget_ = slice_budget; }

    std::uint64_t random() noexcept { return drawn_.next(); }
    std::uint64_t next_fiber_id() noexcept {
        if (id_next_ == id_end_) [[unlikely]]
            reserve_ids();
        return id_next_++;
    }
    std::int64_t coarse_now() const noexcept { return coarse_now_; }
    bool next_choice_is_fair() const noexcept { return until_fair_ == 1; }

    // ---- called by others

    /// Binds a fiber to this worker: nobody steals it.
    void post(fiber_control& f) noexcept;
    /// Anything a thief could take. `minimum`: how long a queue must be to count.
    bool stealable(std::uint32_t minimum) const noexcept;
    bool has_work() const noexcept;
    /// Besides what was woken last, which is about to run.
    bool queued() const noexcept { return ring_.size() != 0 || unstarted() != 0; }
    bool inbox_empty() const noexcept { return inbox_.empty(); }
    pthread_t thread() noexcept { return thread_.native_handle(); }
    pid_t thread_id() const noexcept { return thread_id_.load(std::memory_order_relaxed); }

    runtime_core& runtime;
    unsigned const index;
    role const acts_as;
    stack_magazine stacks;
    std::unique_ptr<detail::poller> const poller;
    timer_queue& timers;

    // Statistics; written by this worker.
    tally dispatches, spawned, ended, parks, steals, polls, yields, budget_yields, fired_timers;
    atomic<std::uint64_t> wakeups{0};  // by whoever wakes this worker
    worker_stats stats() const noexcept;

    // Written by the owner. While it is set, what fires may be about to start fibers.
    atomic<bool> fires_timers{false};
    // Raised by the monitor, lowered by the owner when it dispatches or falls asleep.
    atomic<presence> seen_as{presence::here};
    // A spare that is not needed: it serves only what is bound to it. Set by the owner, cleared by the monitor, under
    // the lock of the idle workers.
    atomic<bool> retired{false};
    // Written by a waker that took this worker out of the idle ones, under their lock: it searches on the waker's
    // behalf.
    bool made_searcher = false;

private:
    static constexpr std::uint32_t fair_interval = 61;
    static constexpr std::uint32_t slice_budget = 16;  // times 64 operations

    void main() noexcept;
    fiber_control* pick_next() noexcept;
    fiber_control* pick_fairly() noexcept;
    fiber_control* search() noexcept;
    fiber_control* look_around(clock::time_point now) noexcept;
    fiber_control* stay_awake(clock::time_point since) noexcept;
    fiber_control* steal() noexcept;
    void weigh_last_theft(clock::time_point now) noexcept;
    fiber_control* steal_from(worker& victim, std::uint32_t minimum) noexcept;
    void sleep() noexcept;
    bool is_surplus() const noexcept;
    void come_back() noexcept;
    void hand_over() noexcept;
    void reserve_ids() noexcept;
    void poll(clock::time_point deadline) noexcept;
    void fire_timers(clock::time_point now, timer_queue& from) noexcept;
    void push_ring(fiber_control& f) noexcept;
    void dispatch(fiber_control& f) noexcept;
    execution& next_execution() noexcept;

    static void after_park(host& here, execution& left) noexcept;
    static void after_park_then(host& here, execution& left) noexcept;
    static void after_yield(host& here, execution& left) noexcept;
    static void after_finish(host& here, execution& left) noexcept;
    static void after_idle(host&, execution&) noexcept {}

    atomic<fiber_control*> running_{nullptr};  // written by the owner; the monitor looks
    atomic<pid_t> thread_id_{0};               // written once, by the thread itself
    publish_action publish_ = nullptr;         // of the fiber that is leaving
    void* publish_argument_ = nullptr;
    std::uint32_t budget_ = slice_budget;
    std::uint32_t until_fair_ = fair_interval;  // choices
    std::uint32_t fair_turn_ = 0;
    std::int64_t coarse_now_ = 0;  // clock ticks
    clock::time_point last_poll_{};
    clock::time_point stole_at_{};  // an unstarted fiber, and nothing since
    int crumbs_ = 0;                // thefts in a row that were not worth it
    idle_spin spin_;
    split_mix drawn_;    // by fibers
    split_mix victims_;  // apart, so that looking around does not change what a seed means for them
    std::uint64_t id_next_ = 0;
    std::uint64_t id_end_ = 0;

    std::int64_t unstarted() const noexcept { return fresh_.size() + (newest_.empty() ? 0 : 1); }

    owner_slot runnext_;  // woken last
    owner_slot newest_;   // started last; what it replaces goes to fresh_
    spawn_deque fresh_;
    run_ring ring_;
    injection inbox_;         // only the owner takes
    bool searching_ = false;  // counted in runtime_core::searching
    execution own_;
    os_thread thread_;
};

// Inline: each frame between the user's call and the switch is a return address that the processor predicts wrongly
// afterwards.
inline void worker::park(worker& here, fiber_control& self) noexcept {
    self.since.store(here.coarse_now_, std::memory_order_relaxed);
    here.parks.add();
    switch_to(here, self, here.next_execution(), &after_park);
}

inline void worker::park_then(worker& here, fiber_control& self, publish_action publish, void* argument) noexcept {
    self.since.store(here.coarse_now_, std::memory_order_relaxed);
    here.parks.add();
    execution& next = here.next_execution();
    here.publish_ = publish;
    here.publish_argument_ = argument;
    switch_to(here, self, next, &after_park_then);
}

/// The worker of the calling thread, or null. Never keep it across a park.
worker* current_worker() noexcept;
/// From now on this thread has none: in the child of a fork.
void forget_worker() noexcept;

/// Makes a woken fiber runnable, from any thread.
void make_runnable(fiber_control& f) noexcept;

/// `count` fiber ids in a row that nobody else gets. Returns the first.
std::uint64_t reserve_fiber_ids(std::uint64_t count) noexcept;

}  // namespace weft::detail
