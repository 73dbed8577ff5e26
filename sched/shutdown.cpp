// The end of all fibers of a runtime.
//
// There is no list of fibers: the slabs know every control block. A round over them cancels whoever belongs to this
// runtime; rounds repeat, because a fiber may be started while one is going on.
#include "describe.hpp"
#include "runtime_core.hpp"

#include <weft/detail/fatal.hpp>
#include <weft/detail/overflow_report.hpp>

#include <unistd.h>
#include <chrono>

namespace weft::detail {

namespace {

constexpr wait_reason stopping_reason{"the end of its fibers", true};
constexpr auto round_interval = std::chrono::milliseconds(5);
constexpr wait_tag tag_all_ended = 0;

/// Calls `visit` for each live fiber of `owner`, which cannot end or be reused meanwhile.
template <class Visit>
void for_each_fiber(runtime_core const& owner, Visit visit) {
    struct request {
        runtime_core const& owner;
        Visit& visit;
    } asked{owner, visit};
    stack_depot::for_each(
        [](stack_slot& slot, void* argument) {
            auto& ask = *static_cast<request*>(argument);
            fiber_control& f = *control_of(slot);
            if (!f.try_hold()) return;
            if (f.runtime == &ask.owner && f.join_state.load(std::memory_order_acquire) != fiber_control::finished)
                ask.visit(f);
            f.release();
        },
        &asked);
}

}  // namespace

std::size_t runtime_core::live() const noexcept {
    // What ended is read before what began: the difference may be too large but never too small.
    std::uint64_t ended = 0;
    for (auto const& w : workers()) ended += w->ended.get();
    std::uint64_t begun = spawned_outside_.load(std::memory_order_acquire);
    for (auto const& w : workers()) begun += w->spawned.get();
    return begun - ended;
}

void runtime_core::cancel_all() noexcept {
    for_each_fiber(*this, [](fiber_control& f) { f.raise_cancelled(); });
    heavy_fence();
    for_each_fiber(*this, [](fiber_control& f) {
        if (f.is_cancelled_by(waiter::by_call))
            f.wake_cancelled();  // those that came in between are for the next round
    });
}

void runtime_core::fiber_ended() noexcept {
    if (options.max_fibers != 0) counted_.fetch_sub(1, std::memory_order_relaxed);
    if (!stopping() || live() != 0) return;
    wait_token stopper;
    {
        spin_guard guard(stopper_lock_);
        stopper = stopper_;
    }
    if (stopper) stopper.wake(tag_all_ended);
}

void runtime_core::stop_fibers() noexcept {
    if (leaked_) return;  // the end of `run` has waited for its stragglers and named them; `~runtime` need not
    stopping_.store(true, std::memory_order_seq_cst);
    clock::time_point const give_up = deadline_after(options.shutdown_grace);
    while (live() != 0) {
        cancel_all();
        wait w(stopping_reason, this, interruptible::no);
        {
            spin_guard guard(stopper_lock_);
            stopper_ = w.token();
        }
        if (live() != 0) w.park_until(clock::now() + round_interval);
        if (clock::now() < give_up || live() == 0) continue;
        announce_stragglers();
        break;
    }
    {
        spin_guard guard(stopper_lock_);
        stopper_ = {};
    }
    if (!leaked_) stopping_.store(false, std::memory_order_relaxed);
}

bool runtime_core::close_timers() noexcept {
    timers_closed_.store(true, std::memory_order_relaxed);
    heavy_fence();  // pairs with the light one in fire_timers: a worker sees that they are closed, or is seen to fire them
    for (auto const& w : workers())
        while (w->fires_timers.load(std::memory_order_acquire)) yield_thread();
    if (live() == 0) return true;
    timers_closed_.store(false, std::memory_order_relaxed);
    return false;
}

void runtime_core::announce_stragglers() noexcept {
    flush_output();
    write_text(
        STDERR_FILENO,
        "weft: these fibers did not end after they were cancelled and runtime_options::shutdown_grace passed:\n");
    for_each_fiber(*this, [](fiber_control& f) { describe_line(f, STDERR_FILENO); });
    if (options.stragglers == straggler_action::abort)
        fatal("a fiber that is cancelled must end: let `cancelled` pass, and call check_cancelled in long computations",
              this);
    leaked_ = true;
}

}  // namespace weft::detail
