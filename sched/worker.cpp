#include "worker.hpp"

#include "expiry.hpp"
#include "registry.hpp"
#include "runtime_core.hpp"

#include <weft/detail/budget.hpp>
#include <weft/detail/overflow_report.hpp>
#include <weft/detail/random.hpp>
#include <weft/detail/shard.hpp>

#include <sys/prctl.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <utility>

namespace weft::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 50us;  // between two looks at the kernel while there is work
constexpr std::uint64_t id_batch = 1024;

thread_local per_thread<worker*> this_thread_worker = nullptr;

execution& running_execution(host& here) noexcept { return *static_cast<worker&>(here).running(); }

// A write whose reader is gone is an error of that write, in whatever library it happens.
void block_sigpipe() noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

// Compilers keep the address of a thread_local across calls; a fiber that has parked may be on another thread by then.
// Hence a function that is never inlined and that the optimizer cannot see through.
WEFT_NOINLINE worker* current_worker() noexcept {
    asm volatile("" ::: "memory");
    return this_thread_worker;
}

void forget_worker() noexcept { this_thread_worker = nullptr; }

poller* current_poller() noexcept {
    worker* here = current_worker();
    return here == nullptr ? nullptr : here->poller.get();
}

timer_queue& current_timers() noexcept { return current_worker()->timers; }

runtime_core& runtime_of_this_worker() noexcept { return current_worker()->runtime; }

std::uint64_t random_bits() noexcept {
    if (worker* here = current_worker(); here != nullptr) return here->random();
    thread_local split_mix own(reinterpret_cast<std::uintptr_t>(&own));
    return own.next();
}

unsigned shard_hint() noexcept {
    if (worker const* here = current_worker(); here != nullptr) return here->index;
    static std::atomic<unsigned> threads{0};
    thread_local unsigned const mine = threads.fetch_add(1, std::memory_order_relaxed);
    return mine;
}

void charge_budget() noexcept {
    worker* here = current_worker();
    if (here == nullptr || here->running() == nullptr || !here->charge()) return;
    here->refill_budget();
    here->budget_yields.add();
    worker::yield(*here, *here->running());
}

worker::worker(runtime_core& rt, unsigned i, std::uint64_t seed, role as)
    : runtime(rt),
      index(i),
      acts_as(as),
      poller(make_poller(rt.options.poller)),
      timers(timer_queue::take()),
      spin_(rt.options.idle_spin),
      drawn_(seed),
      victims_(~seed) {}

worker::~worker() { timer_queue::retire(timers, tag_runtime_ended); }

void worker::start() {
    thread_ = os_thread([this] { main(); });
}

worker_stats worker::stats() const noexcept {
    worker_stats now;
    now.dispatches = dispatches.get();
    now.spawned = spawned.get();
    now.parks = parks.get();
    now.yields = yields.get();
    now.budget_yields = budget_yields.get();
    now.steals = steals.get();
    now.wakeups = wakeups.load(std::memory_order_relaxed);
    now.polls = polls.get();
    now.timers_fired = fired_timers.get();
    now.timers_armed = timers.live();
    return now;
}

void worker::reserve_ids() noexcept {
    id_next_ = reserve_fiber_ids(id_batch);
    id_end_ = id_next_ + id_batch;
}

void worker::main() noexcept {
    own_thread const counted;
    this_thread_worker = this;
    exceptions = this_thread_exception_state();
    sanitizer_adopt_thread(own_);
    signal_stack const for_overflow_reports;
    block_sigpipe();
    prctl(PR_SET_TIMERSLACK, 1000UL);  // nanoseconds; the default of 50 µs would be added to every sleep
    thread_id_.store(::gettid(), std::memory_order_relaxed);
    runtime.await_publication(*this);
    while (!runtime.stopping_threads()) {
        if (seen_as.load(std::memory_order_relaxed) != presence::here) come_back();
        if (is_surplus()) runtime.retire_surplus(*this);
        fiber_control* next = nullptr;
        if (retired.load(std::memory_order_relaxed)) {
            // Woken to search, and not needed any more: somebody else has to.
            if (std::exchange(searching_, false)) {
                runtime.end_search();
                runtime.wake_one();
            }
            hand_over();
            next = inbox_.pop();
        } else {
            next = pick_next();
            if (next == nullptr) next = search();
        }
        if (next == nullptr) {
            sleep();
            continue;
        }
        if (std::exchange(searching_, false)) {
            runtime.end_search();
            full_fence();  // a producer that still saw somebody search has left its work where this look finds it
            if (runtime.anything_to_do()) runtime.wake_one();
        }
        dispatch(*next);
        switch_to(*this, own_, *next, &after_idle);
    }
    stacks.flush();
    this_thread_worker = nullptr;
}

// ---------------------------------------------------------------- leaving a fiber

void worker::dispatch(fiber_control& f) noexcept {
    running_.store(&f, std::memory_order_relaxed);
    budget_ = slice_budget;
    dispatches.add();
    if (seen_as.load(std::memory_order_relaxed) != presence::here) [[unlikely]]
        come_back();
}

// What a fiber that stops running is replaced by: another, or with none to run the worker's own stack.
execution& worker::next_execution() noexcept {
    fiber_control* next = pick_next();
    if (next == nullptr) {
        running_.store(nullptr, std::memory_order_relaxed);
        return own_;
    }
    dispatch(*next);
    return *next;
}

void worker::yield(worker& here, fiber_control& self) noexcept {
    here.yields.add();
    fiber_control* next = here.pick_next();
    if (next != nullptr) {
        here.dispatch(*next);
        switch_to(here, self, *next, &after_yield);
    } else if (here.is_surplus()) [[unlikely]] {
        here.running_.store(nullptr, std::memory_order_relaxed);
        switch_to(here, self, here.own_, &after_yield);
    }
}

// TSan believes to be in the next fiber when this returns, so the entry must not have been booked either.
WEFT_NOT_IN_TSAN continuation worker::finish(worker& here, fiber_control& self, fiber_control* joiner) noexcept {
    if (joiner == nullptr) [[likely]]
        return leave_for(here, self, here.next_execution(), &after_finish);
    if (here.next_choice_is_fair()) {
        here.ready(*joiner);
        return leave_for(here, self, here.next_execution(), &after_finish);
    }
    // The joiner cannot run before this stack is left: so it may drop both references at once.
    --here.until_fair_;
    self.left_to_joiner = true;
    here.dispatch(*joiner);
    return leave_for(here, self, *joiner, &after_finish);
}

worker& worker::arrive(void* payload) noexcept {
    return static_cast<worker&>(arrive_first(payload, &running_execution));
}

void worker::after_park(host& here, execution& left) noexcept {
    auto& at = static_cast<worker&>(here);
    auto& f = static_cast<fiber_control&>(left);
#if WEFT_FORCE_MIGRATION
    if (f.pins == 0) f.home = &at;
#endif
    if (f.set_parked()) at.ready(f);
}

void worker::after_park_then(host& here, execution& left) noexcept {
    auto& at = static_cast<worker&>(here);
    auto& f = static_cast<fiber_control&>(left);
#if WEFT_FORCE_MIGRATION
    if (f.pins == 0) f.home = &at;
#endif
    if (f.park_late([&at]() noexcept { return at.publish_(at.publish_argument_); })) [[unlikely]]
        at.ready(f);
}

void worker::after_yield(host& here, execution& left) noexcept {
    auto& at = static_cast<worker&>(here);
    auto& f = static_cast<fiber_control&>(left);
#if WEFT_FORCE_MIGRATION
    if (f.pins == 0) {
        f.home = &at;
        return at.ready(f);
    }
#endif
    if (f.pins != 0)
        f.home->post(f);
    else
        at.push_ring(f);
}

void worker::after_finish(host& here, execution& left) noexcept {
    auto& at = static_cast<worker&>(here);
    auto& f = static_cast<fiber_control&>(left);
#if WEFT_TSAN
    sanitizer_retire(f);
#endif
    if (!f.left_to_joiner) f.release();
    at.ended.add();
    at.runtime.fiber_ended();
}

// ---------------------------------------------------------------- making fibers runnable

void worker::ready(fiber_control& f) noexcept {
    if (f.pins != 0) [[unlikely]]
        return f.home->post(f);
#if WEFT_FORCE_MIGRATION
    auto const all = runtime.workers();
    if (all.size() > 1) return all[((f.home == nullptr ? index : f.home->index) + 1) % all.size()]->post(f);
#endif
    if (fiber_control* before = runnext_.exchange(&f); before != nullptr) push_ring(*before);
}

void worker::ready_all(ready_list& list) noexcept {
    while (fiber_control* f = list.pop()) {
#if WEFT_FORCE_MIGRATION
        if (runtime.workers().size() > 1) {
            ready(*f);
            continue;
        }
#endif
        if (f->pins != 0)
            f->home->post(*f);
        else
            push_ring(*f);
    }
}

void worker::start(fiber_control& fresh) {
    fresh_.make_room();
    if (fiber_control* older = newest_.exchange(&fresh); older != nullptr) fresh_.push(*older);
    spawned.add();
    if (runtime.has_thieves() && unstarted() >= runtime.steal_minimum()) runtime.wake_one();
}

void worker::push_ring(fiber_control& f) noexcept {
    if (!ring_.push(f)) [[unlikely]] {
        // Full: the older half goes where anybody finds it, and never does a push fail or wait.
        fiber_control* older[run_ring::capacity / 2];
        std::uint32_t const count = ring_.steal(older, run_ring::capacity / 2);
        ready_list overflow;
        for (std::uint32_t i = 0; i != count; ++i) overflow.push(*older[i]);
        overflow.push(f);
        return runtime.inject_all(overflow);
    }
    if (runtime.has_thieves() && ring_.size() >= runtime.steal_minimum()) runtime.wake_one();
}

void worker::post(fiber_control& f) noexcept {
    inbox_.push(f);
    runtime.wake_this(*this);
}

// ---------------------------------------------------------------- choosing

fiber_control* worker::pick_next() noexcept {
    if (--until_fair_ == 0) [[unlikely]]
        return pick_fairly();
    if (fiber_control* f = runnext_.take()) return f;
    if (!inbox_.empty()) [[unlikely]]
        if (fiber_control* f = inbox_.pop()) return f;
    if (fiber_control* f = newest_.take()) return f;
    if (fiber_control* f = fresh_.pop()) return f;
    return ring_.pop();
}

// Whoever the usual order may have left waiting has his turn: events and timers, then in rotation the other queues.
fiber_control* worker::pick_fairly() noexcept {
    until_fair_ = fair_interval;
    ++fair_turn_;
    if (running() != nullptr && is_surplus()) return nullptr;  // to the worker's own stack, where it retires
    clock::time_point const now = clock::now();
    coarse_now_ = now.time_since_epoch().count();
    fire_timers(now, timers);
    if (now - last_poll_ >= poll_interval) {
        last_poll_ = now;
        if (poller->watches()) poll(clock::time_point::min());
    }
    constexpr unsigned queues = 4;
    for (unsigned i = 0; i != queues; ++i) {
        fiber_control* f = nullptr;
        switch ((fair_turn_ + i) % queues) {
        case 0: f = runtime.pop_injected(); break;
        case 1: f = ring_.pop(); break;
        case 2: f = fresh_.steal(); break;  // the oldest
        case 3: f = inbox_.pop(); break;
        }
        if (f != nullptr) return f;
    }
    if (fiber_control* f = newest_.take()) return f;
    return runnext_.take();
}

bool worker::stealable(std::uint32_t minimum) const noexcept {
    return ring_.size() >= minimum || unstarted() >= minimum ||
           (seen_as.load(std::memory_order_relaxed) != presence::here && has_work());
}

bool worker::has_work() const noexcept { return queued() || !runnext_.empty(); }

void worker::poll(clock::time_point deadline) noexcept {
    polls.add();
    ready_list ready;
    poller->poll(deadline, ready);
    ready_all(ready);
}

void worker::fire_timers(clock::time_point now, timer_queue& from) noexcept {
    if (from.earliest() > now) return;
    fires_timers.store(true, std::memory_order_relaxed);
    light_fence();  // pairs with the heavy one in close_timers
    if (!runtime.has_closed_timers()) {
        ready_list ready;
        fired_timers.add(from.fire(now, ready));
        ready_all(ready);
    }
    fires_timers.store(false, std::memory_order_release);
}

// ---------------------------------------------------------------- spares

bool worker::is_surplus() const noexcept {
    return acts_as == role::spare && !retired.load(std::memory_order_relaxed) && runtime.has_surplus();
}

WEFT_NOINLINE void worker::come_back() noexcept {
    if (seen_as.exchange(presence::here, std::memory_order_acq_rel) == presence::blocked) runtime.count_unblocked();
}

// A retired spare keeps its timers and sockets, but the fibers they wake are for the others to run.
void worker::hand_over() noexcept {
    fire_timers(clock::now(), timers);
    if (poller->watches()) poll(clock::time_point::min());
    ready_list all;
    if (fiber_control* f = runnext_.take()) all.push(*f);
    if (fiber_control* f = newest_.take()) all.push(*f);
    while (fiber_control* f = fresh_.pop()) all.push(*f);
    while (fiber_control* f = ring_.pop()) all.push(*f);
    if (!all.empty()) runtime.inject_all(all);
}

}  // namespace weft::detail
