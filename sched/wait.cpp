#include <weft/detail/wait.hpp>

#include "thread_waiter.hpp"
#include "worker.hpp"

#include <weft/detail/fatal.hpp>
#include <weft/error.hpp>

#include <new>

namespace weft::detail {

waiter& current_waiter() noexcept {
    if (worker* here = current_worker(); here != nullptr && here->running() != nullptr) return *here->running();
    return thread_waiter::current();
}

void throw_cancelled() { throw weft::cancelled{}; }

namespace {

bool is_fiber(waiter const& w) noexcept { return w.what() == waiter::kind::fiber; }
fiber_control& as_fiber(waiter& w) noexcept { return static_cast<fiber_control&>(w); }

}  // namespace

wait::wait(wait_reason const& reason, void const* object, interruptible may_cancel) noexcept
    : self_(current_waiter()), shielded_(may_cancel == interruptible::no) {
    if (is_fiber(self_)) {
        fiber_control& f = as_fiber(self_);
        f.reason.store(&reason, std::memory_order_relaxed);
        f.waits_for.store(object, std::memory_order_relaxed);
        // Destructors that run while an exception is in flight must be able to wait.
        shielded_ = shielded_ || f.shields != 0 || current_worker()->exceptions->uncaught != 0;
    }
    bool was_cancelled = false;
    generation_ = self_.begin(shielded_ ? interruptible::no : interruptible::yes, was_cancelled);
    cancelled_ = was_cancelled && !shielded_;
}

wait::~wait() {
    if (!over_ && !finish()) park();
}

void wait::end() noexcept {
    over_ = true;
    if (shielded_) self_.unshield();
    if (is_fiber(self_)) as_fiber(self_).reason.store(nullptr, std::memory_order_relaxed);
}

bool wait::finish() noexcept {
    if (!self_.try_claim(generation_)) return false;
    self_.settle();
    end();
    return true;
}

WEFT_INLINE wait_tag wait::sleep() noexcept {
    if (!is_fiber(self_)) {
        static_cast<thread_waiter&>(self_).park_until(clock::time_point::max(), generation_);
    } else if (self_.is_delivered()) {
        self_.set_parked();
    } else {
        worker::park(*current_worker(), as_fiber(self_));
    }
    end();
    return self_.won_by();
}

wait_tag wait::park() noexcept { return sleep(); }

wait_tag wait::park_until(clock::time_point deadline) noexcept {
    if (deadline == clock::time_point::max()) return sleep();
    if (!is_fiber(self_)) {
        bool const woken = static_cast<thread_waiter&>(self_).park_until(deadline, generation_);
        end();
        return woken ? self_.won_by() : tag_timeout;
    }
    timer_handle timer;
    try {
        timer = current_timers().arm(deadline, token(), tag_timeout);
    } catch (std::bad_alloc const&) {
        // The waiter is linked into queues by now; there is no way back that keeps them whole.
        fatal("out of memory for a timer");
    }
    wait_tag const winner = sleep();
    if (winner != tag_timeout) timer_queue::stop(timer);
    return winner;
}

void waiter::make_ready(waiter& sleeper) noexcept {
    if (sleeper.what() == kind::thread) return static_cast<thread_waiter&>(sleeper).wake();
    make_runnable(static_cast<fiber_control&>(sleeper));
}

void waiter::deliver(wait_tag tag, ready_list& ready) noexcept {
    won_by_ = tag;
    if ((word_.fetch_or(delivered, std::memory_order_acq_rel) & parked) == 0) return;
    if (kind_ == kind::thread) return static_cast<thread_waiter&>(*this).wake();
    fiber_control& f = static_cast<fiber_control&>(*this);
    worker const* here = current_worker();
    if (here != nullptr && &here->runtime == f.runtime)
        ready.push(f);
    else
        make_runnable(f);
}

}  // namespace weft::detail
