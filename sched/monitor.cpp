#include "monitor.hpp"

#include "futex.hpp"
#include "runtime_core.hpp"

#include <chrono>

namespace weft::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto first_tick = 1ms;
constexpr auto tick = 10ms;  // finer ticks cost a tenth of a core
constexpr auto trim_interval = 1s;
constexpr int eager_for = 10;  // ticks during which thieves take even a single waiting fiber
constexpr int quiet_ticks_to_rest = 10;

std::uint32_t const* word(std::atomic<std::uint32_t> const& state) noexcept {
    return reinterpret_cast<std::uint32_t const*>(&state);
}

}  // namespace

monitor::monitor(runtime_core& rt)
    : runtime_(rt), seen_(rt.workers().size()), next_trim_(clock::now() + trim_interval) {}

monitor::~monitor() { stop(); }

void monitor::start() {
    thread_ = std::thread([this] { main(); });
}

void monitor::stop() noexcept {
    state_.store(ending, std::memory_order_seq_cst);
    futex_wake(word(state_));
    if (thread_.joinable()) thread_.join();
}

void monitor::notice_activity() noexcept {
    full_fence();  // pairs with the one in main: we see it rest, or it sees us awake
    std::uint32_t expected = resting;
    if (state_.load(std::memory_order_relaxed) != resting) return;
    if (state_.compare_exchange_strong(expected, ticking, std::memory_order_acq_rel, std::memory_order_relaxed))
        futex_wake(word(state_));
}

void monitor::rest(std::uint32_t expected, clock::time_point until) noexcept {
    futex_wait(word(state_), expected, until);
}

void monitor::main() noexcept {
    int quiet = 0;
    auto next = clock::now() + first_tick;
    for (;;) {
        rest(ticking, next);
        if (state_.load(std::memory_order_acquire) == ending) return;
        bool const active = look();
        bool const trimming = trim();
        quiet = active ? 0 : quiet + 1;
        next = clock::now() + tick;
        if (quiet < quiet_ticks_to_rest || trimming) {
            // While only stacks are left to give back there is nothing to watch in between.
            if (quiet >= quiet_ticks_to_rest) next = next_trim_;
            continue;
        }
        std::uint32_t expected = ticking;
        if (!state_.compare_exchange_strong(expected, resting, std::memory_order_acq_rel, std::memory_order_relaxed))
            return;
        full_fence();
        while (runtime_.all_idle() && state_.load(std::memory_order_acquire) == resting)
            rest(resting, clock::time_point::max());
        expected = resting;
        state_.compare_exchange_strong(expected, ticking, std::memory_order_acq_rel, std::memory_order_relaxed);
        quiet = 0;
        next = clock::now() + first_tick;
    }
}

bool monitor::look() noexcept {
    bool active = !runtime_.all_idle();
    bool aged = false;
    clock::time_point const now = clock::now();
    for (std::size_t i = 0; i != seen_.size(); ++i) {
        worker& w = *runtime_.workers()[i];
        observation& before = seen_[i];
        std::uint64_t const dispatches = w.dispatches.get();
        bool const progressed = dispatches != before.dispatches;
        bool const waits_outside = w.timers.earliest() <= now || w.poller->watches();
        active = active || progressed;
        if (!progressed && !runtime_.is_idle(w) && (w.has_work() || waits_outside)) {
            // One fiber has had this worker for a whole tick: everything here is for others to take.
            w.aged.store(true, std::memory_order_release);
            aged = true;
        } else if (w.queued() && before.had_work) {
            aged = true;
        }
        before = {dispatches, w.queued()};
    }
    int const eager = runtime_.eager_ticks.load(std::memory_order_relaxed);
    if (aged) {
        runtime_.eager_ticks.store(eager_for, std::memory_order_relaxed);
        runtime_.wake_one();
    } else if (eager > 0) {
        runtime_.eager_ticks.store(eager - 1, std::memory_order_relaxed);
    }
    return active;
}

// True while there are idle stacks that hold memory.
bool monitor::trim() noexcept {
    if (clock::now() < next_trim_) return stack_depot::stats().idle != 0;
    stack_depot::trim_result const done = stack_depot::trim();
    next_trim_ = clock::now() + (done.cut_short ? tick : trim_interval);
    return done.pending;
}

}  // namespace weft::detail
