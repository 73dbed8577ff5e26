#include "monitor.hpp"

#include "futex.hpp"
#include "registry.hpp"
#include "runtime_core.hpp"
#include "stack_capture.hpp"
#include "thread_state.hpp"

#include <weft/stuck.hpp>

#include <chrono>

namespace weft::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto first_tick = 1ms;
constexpr auto tick = 10ms;  // finer ticks cost a tenth of a core
constexpr auto trim_interval = 1s;
constexpr int eager_for = 10;  // ticks during which thieves take even a single waiting fiber
constexpr int quiet_ticks_to_rest = 10;
constexpr auto standing_still = 100us;  // of processor time in a whole tick
constexpr std::size_t reported_frames = 48;
constexpr auto wait_for_stack = 1s;  // on a busy machine a thread may not get to answer at once

}  // namespace

monitor::monitor(runtime_core& rt)
    : runtime_(rt), seen_(rt.most_workers()), next_trim_(clock::now() + trim_interval), bell_(take_bell()) {}

monitor::~monitor() {
    stop();
    put_bell(bell_);
}

void monitor::start() {
    thread_ = std::thread([this] { main(); });
}

void monitor::stop() noexcept {
    bell_.word.store(monitor_bell::ending, std::memory_order_seq_cst);
    futex_wake(bell_.futex());
    if (thread_.joinable()) thread_.join();
}

void monitor::notice_activity() noexcept {
    full_fence();  // pairs with the one in main: we see it rest, or it sees us awake
    std::uint32_t expected = monitor_bell::resting;
    if (bell_.word.load(std::memory_order_relaxed) != monitor_bell::resting) return;
    if (bell_.word.compare_exchange_strong(expected, monitor_bell::ticking, std::memory_order_acq_rel,
                                           std::memory_order_relaxed))
        futex_wake(bell_.futex());
}

void monitor::rest(std::uint32_t expected, clock::time_point until) noexcept {
    futex_wait(bell_.futex(), expected, until);
}

bool monitor::rest_until(clock::time_point next) noexcept {
    do {
        rest(monitor_bell::ticking, next);
        std::uint32_t word = bell_.word.load(std::memory_order_acquire);
        if (word == monitor_bell::ending) return false;
        if (word != monitor_bell::rung) continue;
        bell_.word.compare_exchange_strong(word, monitor_bell::ticking, std::memory_order_acq_rel,
                                           std::memory_order_relaxed);
        answer_quit_signal();
    } while (clock::now() < next);
    return true;
}

void monitor::main() noexcept {
    own_thread const counted;
    int quiet = 0;
    auto next = clock::now() + first_tick;
    while (rest_until(next)) {
        bool const active = look();
        bool const trimming = trim();
        quiet = active ? 0 : quiet + 1;
        next = clock::now() + tick;
        if (quiet < quiet_ticks_to_rest || trimming) {
            // While only stacks are left to give back there is nothing to watch in between.
            if (quiet >= quiet_ticks_to_rest) next = next_trim_;
            continue;
        }
        std::uint32_t expected = monitor_bell::ticking;
        if (!bell_.word.compare_exchange_strong(expected, monitor_bell::resting, std::memory_order_acq_rel,
                                                std::memory_order_relaxed))
            continue;
        full_fence();
        while (runtime_.all_idle() && bell_.word.load(std::memory_order_acquire) == monitor_bell::resting)
            rest(monitor_bell::resting, clock::time_point::max());
        expected = monitor_bell::resting;
        bell_.word.compare_exchange_strong(expected, monitor_bell::ticking, std::memory_order_acq_rel,
                                           std::memory_order_relaxed);
        quiet = 0;
        next = clock::now() + first_tick;
    }
}

bool monitor::look() noexcept {
    active_ = !runtime_.all_idle();
    any_blocked_ = false;
    bool aged = false;
    for (auto const& w : runtime_.workers()) aged = look_at(*w, seen_[w->index]) || aged;
    if (any_blocked_ && (aged || runtime_.anything_to_do())) runtime_.call_spares();
    int const eager = runtime_.eager_ticks.load(std::memory_order_relaxed);
    if (aged && runtime_.has_thieves()) {
        runtime_.eager_ticks.store(eager_for, std::memory_order_relaxed);
        runtime_.wake_one();
    } else if (eager > 0) {
        runtime_.eager_ticks.store(eager - 1, std::memory_order_relaxed);
    }
    return active_;
}

bool monitor::look_at(worker& w, observation& seen) noexcept {
    observation now;
    now.when = clock::now();
    now.dispatches = w.dispatches.get();
    now.had_work = w.queued();
    now.was_awake = !runtime_.is_idle(w);
    if (now.was_awake) now.cpu = cpu_time(w.thread());
    bool const progressed = now.dispatches != seen.dispatches;
    bool const stays = !progressed && now.was_awake && seen.was_awake && w.running() != nullptr;
    now.stays_since = stays ? seen.stays_since : now.when;
    active_ = active_ || progressed;

    bool aged = now.had_work && seen.had_work && progressed;
    if (stays) {
        // One fiber has had this worker for a whole tick: everything here is for others to take.
        runtime_.mark_away(w);
        aged = w.has_work() || w.timers.earliest() <= now.when || w.poller->watches();
        bool const stood_still = now.cpu - seen.cpu < standing_still;
        if (stood_still && w.seen_as.load(std::memory_order_relaxed) == presence::away &&
            sleeps_in_kernel(w.thread_id()))
            runtime_.count_blocked(w);
        any_blocked_ = any_blocked_ || w.seen_as.load(std::memory_order_relaxed) == presence::blocked;
        now.reported = seen.reported || runtime_.options.on_stuck == nullptr || report(w, now);
    }
    seen = now;
    return aged;
}

// The fiber may end, and its stack be another's, while this looks at it; what is wrong then is not reported.
bool monitor::report(worker& w, observation const& seen) noexcept {
    fiber_control* const culprit = w.running();
    if (culprit == nullptr || !culprit->try_hold()) return true;
    bool const in_kernel = sleeps_in_kernel(w.thread_id());
    void* frames[reported_frames];
    std::size_t const count = capture_stack(w.thread(), frames);
    clock::duration const stays = clock::now() - seen.stays_since;
    bool const is_complete = count != 0 || !stacks_can_be_captured || stays > wait_for_stack;
    if (is_complete && w.dispatches.get() == seen.dispatches && w.running() == culprit)
        runtime_.options.on_stuck(
            {culprit->id, culprit->name(), culprit->where, stays, in_kernel, std::span(frames).first(count)});
    culprit->release();
    return is_complete;
}

// True while there are idle stacks that hold memory.
bool monitor::trim() noexcept {
    if (clock::now() < next_trim_) return stack_depot::stats().idle != 0;
    stack_depot::trim_result const done = stack_depot::trim();
    next_trim_ = clock::now() + (done.cut_short ? tick : trim_interval);
    return done.pending;
}

}  // namespace weft::detail
