// What a worker does that has nothing to run: it looks everywhere, steals, sleeps.

#include "runtime_core.hpp"
#include "worker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace weft::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto relief_interval = 1ms;  // between two looks at what a stuck worker cannot look at
constexpr auto worth_stealing = 1us;
constexpr int most_crumbs = 5;  // then a thief rests for 32 µs

}  // namespace

// On the worker's own stack, with nothing of its own to run.
fiber_control* worker::search() noexcept {
    clock::time_point const now = clock::now();
    if (fiber_control* f = look_around(now)) return f;
    if (!searching_) {
        if (!runtime.begin_search()) return nullptr;
        searching_ = true;
    }
    weigh_last_theft(now);
    if (fiber_control* f = steal()) return f;
    return spin_.begin() ? stay_awake(now) : nullptr;
}

fiber_control* worker::look_around(clock::time_point now) noexcept {
    coarse_now_ = now.time_since_epoch().count();
    last_poll_ = now;
    fire_timers(now, timers);
    if (poller->watches()) poll(clock::time_point::min());
    if (fiber_control* f = pick_next()) return f;
    return runtime.pop_injected();
}

// Still the one who searches: others rely on it to look at everything.
fiber_control* worker::stay_awake(clock::time_point since) noexcept {
    for (clock::time_point now = since; now - since < spin_.limit() && !runtime.stopping_threads();) {
        now = clock::now();
        fiber_control* f = look_around(now);
        if (f == nullptr) f = steal();
        if (f == nullptr) continue;
        spin_.found();
        return f;
    }
    spin_.in_vain();
    return nullptr;
}

// A stolen fiber brings its stack's cache lines along, and its results go the same way back: that costs more than running it
// where it is, if it is over at once. A thief that finds such crumbs comes back less often.
void worker::weigh_last_theft(clock::time_point now) noexcept {
    if (stole_at_ == clock::time_point{}) return;
    bool const was_worth_it = now - stole_at_ > worth_stealing;
    stole_at_ = {};
    crumbs_ = was_worth_it ? 0 : std::min(crumbs_ + 1, most_crumbs);
    if (crumbs_ == 0) return;
    for (auto const until = now + worth_stealing * (1 << crumbs_); clock::now() < until && inbox_.empty();)
        for (int i = 0; i != 16; ++i) cpu_relax();
}

fiber_control* worker::steal() noexcept {
    auto const all = runtime.workers();
    std::uint32_t const minimum = runtime.steal_minimum();
    if (all.size() == 1) return nullptr;
    std::size_t const first = victims_.next() % all.size();
    for (std::size_t i = 0; i != all.size(); ++i) {
        worker& victim = *all[(first + i) % all.size()];
        if (&victim == this) continue;
        if (fiber_control* f = steal_from(victim, minimum)) {
            steals.add();
            return f;
        }
    }
    return pick_next();  // what a stuck worker's timers and events made ready
}

fiber_control* worker::steal_from(worker& victim, std::uint32_t minimum) noexcept {
    bool const stuck = victim.seen_as.load(std::memory_order_acquire) != presence::here;
    if (stuck) {
        minimum = 1;
        fire_timers(clock::now(), victim.timers);
        if (victim.poller->watches()) {
            ready_list ready;
            victim.poller->poll(clock::time_point::min(), ready);
            ready_all(ready);
        }
    }
    if (victim.unstarted() >= minimum) {
        if (fiber_control* f = victim.fresh_.steal()) {
            stole_at_ = clock::now();
            return f;
        }
        if (minimum == 1)
            if (fiber_control* f = victim.newest_.take_away()) return f;
    }
    if (victim.ring_.size() >= minimum) {
        fiber_control* taken[run_ring::capacity / 2];
        std::uint32_t const count = victim.ring_.steal(taken, run_ring::capacity / 2);
        for (std::uint32_t i = 1; i < count; ++i) push_ring(*taken[i]);
        if (count != 0) return taken[0];
    }
    // Woken last by a fiber that has kept its worker for a whole tick since.
    return stuck ? victim.runnext_.take_away() : nullptr;
}

void worker::sleep() noexcept {
    runtime.declare_idle(*this);
    if (std::exchange(searching_, false)) runtime.end_search();
    full_fence();  // pairs with the one in wake_one, wake_this and the monitor
    if (seen_as.load(std::memory_order_relaxed) != presence::here) come_back();
    fresh_.give_back_memory();
    ready_list ready;
    bool const shared_work = !retired.load(std::memory_order_relaxed) && runtime.anything_to_do();
    if (!shared_work && !has_work() && inbox_.empty() && !runtime.stopping_threads()) {
        clock::time_point deadline = timers.earliest();
        clock::duration const patience = deadline == clock::time_point::max() && runtime.all_idle()
                                             ? runtime.deadlock_patience()
                                             : clock::duration::max();
        bool const suspicious = patience != clock::duration::max();
        if (suspicious) deadline = clock::now() + patience;
        // Nobody is interrupted when a timer or an event of a stuck worker is due, and the monitor's ticks are far apart.
        bool const relieves =
            !retired.load(std::memory_order_relaxed) && runtime.anyone_stuck() && runtime.begin_relief();
        if (relieves) deadline = std::min(deadline, clock::now() + relief_interval);
        polls.add();
        clock::time_point const fell_asleep = clock::now();
        poller->poll(deadline, ready);
        if (!ready.empty()) spin_.slept(clock::now() - fell_asleep);
        if (relieves) runtime.end_relief();
        if (suspicious && ready.empty()) runtime.examine_deadlock();
    }
    searching_ = runtime.withdraw_idle(*this);
    // Whoever takes work must wake the next if there is more, also if it was found just now: others may have relied on a
    // search that was over already.
    if (shared_work && !searching_) searching_ = runtime.begin_search();
    coarse_now_ = clock::now().time_since_epoch().count();
    ready_all(ready);
}

}  // namespace weft::detail
