#include "runtime_core.hpp"

#include "blocking_pool.hpp"
#include "describe.hpp"
#include "forked.hpp"
#include "monitor.hpp"
#include "quit_signal.hpp"
#include "registry.hpp"
#include "submission_queue.hpp"

#include <weft/detail/fatal.hpp>
#include <weft/detail/overflow_report.hpp>
#include <weft/error.hpp>

#include <algorithm>
#include <random>
#include <thread>

namespace weft::detail {

namespace {

void describe_overflowed(stack_slot const& slot, int to) noexcept {
    describe_identity(*control_of(const_cast<stack_slot&>(slot)), to);
    write_text(to, "\n");
}

std::uint64_t seed_from_system() {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
}

}  // namespace

runtime_core::runtime_core(runtime_options const& chosen)
    : options(chosen),
      default_class(stack_class_for(chosen.stack_bytes)),
      seed_(chosen.seed != 0 ? chosen.seed : seed_from_system()),
      workers_(std::make_unique<std::unique_ptr<worker>[]>(most_workers())),
      submissions_(std::make_unique<submission_queue>()),
      blocking_(std::make_unique<blocking_pool>(chosen.blocking_threads)),
      idle_(most_workers()) {
    refuse_after_fork();
    watch_for_forks();
    install_overflow_report(&describe_overflowed);
    install_quit_signal(options.on_sigquit);
    for (unsigned i = 0; i != options.workers; ++i)
        workers_[i] = std::make_unique<worker>(*this, i, seed_ + i, worker::role::regular);
    worker_count_.store(options.workers, std::memory_order_release);
    monitor_ = std::make_unique<monitor>(*this);
    {
        runtime_registry& all = runtime_registry::instance();
        std::scoped_lock guard(all.lock);
        all.runtimes.push_back(this);
        all.live.store(all.runtimes.size(), std::memory_order_relaxed);
    }
    try {
        for (auto& w : workers()) w->start();
        monitor_->start();
    } catch (...) {
        stop_threads();
        unregister();
        throw;
    }
}

runtime_core::~runtime_core() = default;

bool runtime_core::unregister() noexcept {
    runtime_registry& all = runtime_registry::instance();
    std::scoped_lock guard(all.lock);
    std::erase(all.runtimes, this);
    all.live.store(all.runtimes.size(), std::memory_order_relaxed);
    return all.runtimes.empty();
}

void runtime_core::stop_threads() noexcept {
    monitor_->stop();
    stop_threads_.store(true, std::memory_order_release);
    full_fence();  // pairs with the one in worker::sleep
    for (auto& w : workers()) w->poller->interrupt();
    for (auto& w : workers()) w->join();
}

void runtime_core::destroy(runtime_core* core) noexcept {
    if (worker* here = current_worker(); here != nullptr && &here->runtime == core)
        fatal("a runtime was destroyed by one of its own fibers; destroy it outside", core);
    do core->stop_fibers();
    while (!core->leaked_ && !core->close_timers());
    bool const was_last = core->unregister();
    core->monitor_->stop();
    if (core->leaked_) return;
    core->stop_threads();
    // A foreign thread that woke one of our last fibers may still be on its way out of `inject`.
    while (core->foreign_wakers_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
    delete core;
    // No monitor is left to do it, and the program may have other plans for the memory.
    if (was_last) stack_depot::trim_everything();
}

runtime_core& current_runtime() {
    if (worker* here = current_worker(); here != nullptr && here->running() != nullptr) return here->runtime;
    refuse_after_fork();
    throw runtime_stopped(
        "weft: no fiber can be started here: this thread runs none; use weft::run, or a runtime's go and spawn");
}

// ---------------------------------------------------------------- waking

void make_runnable(fiber_control& f) noexcept {
    worker* here = current_worker();
    if (here != nullptr && &here->runtime == f.runtime)
        here->ready(f);
    else
        f.runtime->inject(f);
}

void runtime_core::inject(fiber_control& f) noexcept {
    refuse_after_fork();
    // Until the push below the fiber is alive and keeps the runtime so; from then on only this count does.
    foreign_wakers_.fetch_add(1, std::memory_order_relaxed);
    if (f.pins != 0) {
        f.home->post(f);
    } else {
        injected_.push(f);
        wake_one();
    }
    foreign_wakers_.fetch_sub(1, std::memory_order_release);
}

void runtime_core::inject_all(ready_list& list) noexcept {
    injected_.push_all(list);
    wake_one();
}

fiber_control* runtime_core::pop_injected() noexcept {
    if (fiber_control* f = injected_.pop()) return f;
    return submissions_->pop();
}

void runtime_core::wake_one() noexcept {
    full_fence();  // pairs with the one in worker::sleep: we see the sleeper, or it sees the work
    if (idle_.wakeable() == 0 || searching_.load(std::memory_order_relaxed) != 0) return;
    worker* const chosen = idle_.take([this] { return begin_search(); });
    if (chosen == nullptr) return;
    chosen->wakeups.fetch_add(1, std::memory_order_relaxed);
    chosen->poller->interrupt();
}

void runtime_core::wake_this(worker& to) noexcept {
    full_fence();  // pairs with the one in worker::sleep
    if (idle_.asleep() == 0 || !idle_.remove(to)) return;
    to.wakeups.fetch_add(1, std::memory_order_relaxed);
    to.poller->interrupt();
}

// ---------------------------------------------------------------- the idle protocol

bool runtime_core::begin_search() noexcept {
    int none = 0;
    return searching_.compare_exchange_strong(none, 1, std::memory_order_acq_rel, std::memory_order_relaxed);
}

void runtime_core::end_search() noexcept { searching_.fetch_sub(1, std::memory_order_acq_rel); }

void runtime_core::declare_idle(worker& w) noexcept { idle_.add(w); }

bool runtime_core::withdraw_idle(worker& w) noexcept {
    bool const searcher = idle_.withdraw(w);
    monitor_->notice_activity();
    return searcher;
}

bool runtime_core::is_idle(worker const& w) const noexcept { return idle_.contains(w); }

bool runtime_core::anyone_stuck() const noexcept {
    return std::ranges::any_of(
        workers(), [](auto const& w) { return w->seen_as.load(std::memory_order_relaxed) != presence::here; });
}

bool runtime_core::anything_to_do() const noexcept {
    if (!injected_.empty() || !submissions_->empty()) return true;
    std::uint32_t const minimum = steal_minimum();
    return std::ranges::any_of(workers(), [minimum](auto const& w) { return w->stealable(minimum); });
}

runtime_stats runtime_core::stats() const {
    runtime_stats sum;
    sum.workers = options.workers;
    sum.live_fibers = live();
    sum.blocking_threads = blocking_->threads();
    sum.spawned = spawned_outside_.load(std::memory_order_relaxed);
    for (auto const& w : workers()) {
        worker_stats const& one = sum.per_worker.emplace_back(w->stats());
        sum.dispatches += one.dispatches;
        sum.spawned += one.spawned;
        sum.parks += one.parks;
        sum.yields += one.yields;
        sum.budget_yields += one.budget_yields;
        sum.steals += one.steals;
        sum.wakeups += one.wakeups;
        sum.polls += one.polls;
        sum.timers_fired += one.timers_fired;
        sum.timers_armed += one.timers_armed;
    }
    sum.spare_workers = sum.per_worker.size() - sum.workers;
    auto const stacks = stack_depot::stats();
    sum.stacks_live = stacks.reserved - stacks.idle - stacks.cold;
    sum.stacks_idle = stacks.idle;
    sum.stacks_cold = stacks.cold;
    return sum;
}

}  // namespace weft::detail
