// When nothing in the process can ever run again.
//
// It is certain only if every runtime is asleep, no fiber waits for the outside world, no timer is armed, nothing else from
// outside is expected (a signal that is sent to a channel, say), and the process has no thread that could wake a fiber: none
// but ours and those that wait in `run`.
#include "blocking_pool.hpp"
#include "fiber_survey.hpp"
#include "registry.hpp"
#include "timer_thread.hpp"

#include <weft/detail/diagnostics.hpp>
#include <weft/detail/overflow_report.hpp>

#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>

namespace weft::detail {

namespace {

constexpr int deadlock_status = 2;  // as Go

struct census {
    std::size_t live = 0;
    std::size_t parked = 0;
    std::size_t stuck = 0;  // parked, and only another fiber could wake it
};

void count(stack_slot& slot, void* argument) noexcept {
    auto& sum = *static_cast<census*>(argument);
    fiber_control& f = *control_of(slot);
    if (!f.try_hold()) return;
    if (f.join_state.load(std::memory_order_acquire) != fiber_control::finished) {
        ++sum.live;
        wait_reason const* reason = f.reason.load(std::memory_order_relaxed);
        if (f.is_asleep()) ++sum.parked;
        if (f.is_asleep() && reason != nullptr && !reason->external) ++sum.stuck;
    }
    f.release();
}

census take_census() noexcept {
    census sum;
    stack_depot::for_each([](stack_slot& slot, void* argument) { count(slot, argument); }, &sum);
    return sum;
}

std::uint64_t dispatches(runtime_core const& rt) noexcept {
    std::uint64_t sum = 0;
    for (auto const& w : rt.workers()) sum += w->dispatches.get();
    return sum;
}

// As long as it is the same, a look finds what the last one found.
std::uint64_t progress(runtime_core const& rt) noexcept {
    std::uint64_t sum = dispatches(rt);
    for (auto const& w : rt.workers()) sum += w->fired_timers.get();
    return sum;
}

std::size_t threads_of_process() noexcept {
    std::error_code failed;
    std::size_t threads = 0;
    for (std::filesystem::directory_iterator at("/proc/self/task", failed), end; !failed && at != end;
         at.increment(failed))
        ++threads;
    return failed ? SIZE_MAX : threads;  // not knowing counts as having others
}

// With what is known of all together; without memory for that, one by one.
std::size_t describe_all(int to) noexcept {
    try {
        fiber_survey const all;
        all.describe(to);
        return all.size();
    } catch (std::bad_alloc const&) {
        stack_depot::for_each(
            [](stack_slot& slot, void* descriptor) {
                fiber_control& f = *control_of(slot);
                if (!f.try_hold()) return;
                if (f.join_state.load(std::memory_order_acquire) != fiber_control::finished)
                    describe_line(f, *static_cast<int*>(descriptor));
                f.release();
            },
            &to);
        return take_census().live;
    }
}

// TSan runs a thread of its own.
constexpr std::size_t sanitizer_threads = WEFT_TSAN;

}  // namespace

clock::duration runtime_core::deadlock_patience() const noexcept {
    using namespace std::chrono_literals;
    if (options.on_deadlock == deadlock_action::ignore || live() == 0) return clock::duration::max();
    if (examined_at_.load(std::memory_order_relaxed) != progress(*this) + 1) return 10ms;
    return uncertain_.load(std::memory_order_relaxed) ? 1s : clock::duration::max();
}

void runtime_core::examine_deadlock() noexcept {
    examined_at_.store(progress(*this) + 1, std::memory_order_relaxed);
    uncertain_.store(false, std::memory_order_relaxed);
    runtime_registry& all = runtime_registry::instance();
    std::unique_lock guard(all.lock, std::try_to_lock);
    if (!guard)
        return examined_at_.store(0,
                                  std::memory_order_relaxed);  // somebody else is looking, or a runtime comes or goes

    std::uint64_t const threads_begun = all.threads.begun.load();
    std::uint64_t before = 0;
    // What the others wait for may come to pass without any progress here.
    auto const look_again = [this] { uncertain_.store(true, std::memory_order_relaxed); };
    if (timer_thread::instance().runs()) return look_again();
    for (runtime_core* rt : all.runtimes) {
        if (!rt->all_idle()) return look_again();
        for (auto const& w : rt->workers())
            if (w->timers.live() != 0 || !w->inbox_empty()) return rt == this ? void() : look_again();
        if (rt->blocking().busy()) return rt == this ? void() : look_again();
        before += dispatches(*rt);
    }
    census const now = take_census();
    if (now.live == 0 || now.stuck != now.live || all.outside_sources.load() != 0) return;
    waiting_callers::count const callers = all.callers.take();
    std::size_t const threads = threads_of_process();
    // In this order: a thread of ours that comes or goes meanwhile makes it less certain, never more.
    std::uint64_t const ours = threads_begun - all.threads.ended.load();
    if (callers.awake != 0 || all.threads.begun.load() != threads_begun)  // somebody is on the way to do something
        return examined_at_.store(0, std::memory_order_relaxed);
    bool const certain = threads <= ours + callers.asleep + sanitizer_threads;
    std::uint64_t after = 0;
    for (runtime_core* rt : all.runtimes) {
        after += dispatches(*rt);
        if (!rt->all_idle() || rt->anything_to_do()) return;
    }
    if (after != before) return;

    uncertain_.store(!certain, std::memory_order_relaxed);
    bool const exits = certain && options.on_deadlock == deadlock_action::exit;
    if (!exits && deadlock_reported.exchange(true)) return;
    if (exits)
        std::fflush(nullptr);  // no other thread holds a stream
    else
        flush_output();
    write_text(STDERR_FILENO,
               exits ? "weft: all fibers are asleep: deadlock\n"
                     : "weft: warning: all fibers are asleep: deadlock, unless another thread wakes one\n");
    describe_all(STDERR_FILENO);
    if (exits) std::_Exit(deadlock_status);
}

std::size_t live_fibers() noexcept { return take_census().live; }

std::size_t parked_fibers() noexcept { return take_census().parked; }

std::size_t dump_fibers(int to) noexcept { return describe_all(to); }

std::size_t live_timers() noexcept {
    runtime_registry& all = runtime_registry::instance();
    std::scoped_lock guard(all.lock);
    std::size_t sum = 0;
    for (runtime_core* rt : all.runtimes)
        for (auto const& w : rt->workers()) sum += w->timers.live();
    return sum;
}

std::size_t sleeping_workers() noexcept {
    runtime_registry& all = runtime_registry::instance();
    std::scoped_lock guard(all.lock);
    std::size_t sum = 0;
    for (runtime_core* rt : all.runtimes) sum += rt->idle();
    return sum;
}

}  // namespace weft::detail
