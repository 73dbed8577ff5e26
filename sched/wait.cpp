#include <weft/detail/wait.hpp>

#include "expiry.hpp"
#include "runtime_core.hpp"
#include "thread_waiter.hpp"

#include <weft/detail/fatal.hpp>
#include <weft/detail/shielded.hpp>

#include <exception>
#include <new>

namespace weft::detail {

namespace {

bool is_fiber(waiter const& w) noexcept { return w.what() == waiter::kind::fiber; }
fiber_control& as_fiber(waiter& w) noexcept { return static_cast<fiber_control&>(w); }

// Apart, so that a fiber's wait does not make room for the call.
WEFT_NOINLINE bool is_shielded(thread_waiter const& t) noexcept {
    return t.shields != 0 || std::uncaught_exceptions() != 0;
}

WEFT_INLINE waiter& waiter_on(worker* here) noexcept {
    if (here != nullptr)
        if (fiber_control* f = here->running(); f != nullptr) [[likely]]
            return *f;
    return thread_waiter::current();
}

}  // namespace

waiter& current_waiter() noexcept { return waiter_on(current_worker()); }

bool is_shielded() noexcept {
    waiter& self = current_waiter();
    if (!is_fiber(self)) return is_shielded(static_cast<thread_waiter&>(self));
    return as_fiber(self).shields != 0 || std::uncaught_exceptions() != 0;
}

unsigned current_workers() noexcept {
    worker const* here = current_worker();
    return here == nullptr ? 1 : here->runtime.options.workers;
}

bool others_run_beside() noexcept {
    worker const* here = current_worker();
    return here == nullptr || here->runtime.has_thieves();
}

wait::wait(wait_reason const& reason, void const* object, interruptible may_cancel, publication when) noexcept
    : wait(current_worker(), reason, object, may_cancel, when) {}

WEFT_INLINE wait::wait(worker* here, wait_reason const& reason, void const* object, interruptible may_cancel,
                       publication when) noexcept
    : here_(here), self_(waiter_on(here)) {
    bool shielded = may_cancel == interruptible::no;
    if (is_fiber(self_)) {
        fiber_control& f = as_fiber(self_);
        f.reason.store(&reason, std::memory_order_relaxed);
        f.waits_for.store(object, std::memory_order_relaxed);
        // Destructors that run while an exception is in flight must be able to wait.
        shielded = shielded || f.shields != 0 || here->exceptions->uncaught != 0;
        // No lock is held while the poller and the timers are served.
        if (here->next_choice_is_fair()) when = publication::early;
    } else {
        when = publication::early;
        shielded = shielded || is_shielded(static_cast<thread_waiter&>(self_));
    }
    late_ = when == publication::late;
    bool was_cancelled = false;
    generation_ = self_.begin(shielded ? interruptible::no : interruptible::yes, when, was_cancelled);
    cancelled_ = was_cancelled && !shielded;
}

wait::~wait() {
    if (!over_ && !finish()) park();
}

void wait::end() noexcept {
    over_ = true;
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
        worker::park(*here_, as_fiber(self_));
    }
    end();
    return self_.won_by();
}

wait_tag wait::park() noexcept { return sleep(); }

wait_tag wait::park_then(publish_action publish, void* argument) noexcept {
    if (!late_) [[unlikely]] {
        if (publish(argument) && finish()) return 0;
        return sleep();
    }
    worker::park_then(*here_, as_fiber(self_), publish, argument);
    end();
    return self_.won_by();
}

wait_tag wait::park_until(clock::time_point deadline) noexcept {
    if (deadline == clock::time_point::max()) return sleep();
    if (!is_fiber(self_)) {
        bool const woken = static_cast<thread_waiter&>(self_).park_until(deadline, generation_);
        end();
        return woken ? self_.won_by() : tag_timeout;
    }
    timer_handle timer;
    try {
        timer = here_->timers.arm(deadline, token(), tag_timeout);
    } catch (std::bad_alloc const&) {
        // The waiter is linked into queues by now; there is no way back that keeps them whole.
        fatal("out of memory for a timer");
    }
    wait_tag const winner = sleep();
    if (winner != tag_timeout) timer_queue::stop(timer);
    return winner;
}

void waiter::make_ready(waiter& sleeper) noexcept {
    if (sleeper.what() == kind::fiber) [[likely]]
        return make_runnable(static_cast<fiber_control&>(sleeper));
    if (sleeper.what() == kind::thread)
        static_cast<thread_waiter&>(sleeper).wake();
    else
        static_cast<expiry&>(sleeper).fire();
}

fiber_control* waiter::deliver_here(wait_tag tag) noexcept {
    won_by_ = tag;
    if (!is_parked_on_delivery()) return nullptr;
    if (worker const* here = current_worker(); here != nullptr && kind_ == kind::fiber && !WEFT_FORCE_MIGRATION) {
        fiber_control& f = static_cast<fiber_control&>(*this);
        if (f.pins == 0 && &here->runtime == f.runtime) return &f;
    }
    make_ready(*this);
    return nullptr;
}

void waiter::deliver(wait_tag tag, ready_list& ready) noexcept {
    won_by_ = tag;
    if (!is_parked_on_delivery()) return;
    if (kind_ != kind::fiber) return make_ready(*this);
    fiber_control& f = static_cast<fiber_control&>(*this);
    worker const* here = current_worker();
    if (here != nullptr && &here->runtime == f.runtime)
        ready.push(f);
    else
        make_runnable(f);
}

}  // namespace weft::detail
