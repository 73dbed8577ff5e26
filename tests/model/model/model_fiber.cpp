// In place of sched/wait.cpp and of what it takes from the workers: the same steps, but a park goes to the fiber's successor.
#include "model_fiber.hpp"

#include <weft/detail/budget.hpp>
#include <weft/detail/context_node.hpp>
#include <weft/detail/expiry.hpp>
#include <weft/detail/fatal.hpp>
#include <weft/detail/poller.hpp>
#include <weft/detail/random.hpp>
#include <weft/detail/wait.hpp>
#include <weft/error.hpp>

#include <exception>

#include "runtime_core.hpp"

namespace weft_model {

model_fiber& model_fiber::current() {
    require(this_fiber() != nullptr, "a plain thread of the model cannot wait");
    return *this_fiber();
}

void model_fiber::park() { park_then(nullptr, nullptr); }

void model_fiber::park_then(weft::detail::publish_action publish, void* argument) {
    publish_ = publish;
    argument_ = argument;
    stack_.touch("two stood on one stack");
    left_.open();
    ready_.pass();
    stack_.touch("a fiber was resumed before it had left its stack");
}

void model_fiber::follow() {
    for (;;) {
        left_.rest();
        stack_.touch("two stood on one stack");
        weft::detail::publish_action const publish = publish_;
        void* const argument = argument_;
        bool const over = publish == nullptr ? set_parked() : park_late([=]() noexcept { return publish(argument); });
        if (over) resume();
    }
}

}  // namespace weft_model

namespace weft::detail {

using weft_model::model_fiber;

waiter& current_waiter() noexcept { return model_fiber::current(); }
bool others_run_beside() noexcept { return true; }
worker* current_worker() noexcept { return nullptr; }

wait::wait(wait_reason const&, void const*, interruptible may_cancel, publication when) noexcept
    : here_(nullptr), self_(current_waiter()), late_(when == publication::late) {
    bool was_cancelled = false;
    generation_ = self_.begin(may_cancel, when, was_cancelled);
    cancelled_ = was_cancelled && may_cancel == interruptible::yes;
}

wait::~wait() {
    if (!over_ && !finish()) park();
}

void wait::end() noexcept { over_ = true; }

bool wait::finish() noexcept {
    if (!self_.try_claim(generation_)) return false;
    self_.settle();
    end();
    return true;
}

wait_tag wait::sleep() noexcept {
    if (self_.is_delivered())
        self_.set_parked();
    else
        static_cast<model_fiber&>(self_).park();
    end();
    return self_.won_by();
}

wait_tag wait::park() noexcept { return sleep(); }

wait_tag wait::park_then(publish_action publish, void* argument) noexcept {
    weft_model::require(late_, "only late waits are published");
    static_cast<model_fiber&>(self_).park_then(publish, argument);
    end();
    return self_.won_by();
}

// Timers are the scenario's.
wait_tag wait::park_until(clock::time_point) noexcept { return sleep(); }

void waiter::make_ready(waiter& sleeper) noexcept { static_cast<model_fiber&>(sleeper).resume(); }

void waiter::deliver(wait_tag tag, ready_list& ready) noexcept {
    won_by_ = tag;
    if (is_parked_on_delivery()) ready.push(static_cast<fiber_control&>(*this));
}

fiber_control* waiter::deliver_here(wait_tag tag) noexcept {
    deliver(tag);
    return nullptr;
}

bool fiber_control::abandoned() const noexcept { return false; }
void fiber_control::release(std::uint32_t) noexcept {}
void detach_finished(fiber_control&) noexcept {}
void local_list::clear() noexcept {}

expiry_handle arm_expiry(cancel_node&, clock::time_point) { return {}; }
void withdraw_expiry(expiry_handle const&) noexcept {}

void charge_budget() noexcept {}

// Enough for a select of two cases to look at them in either order.
std::uint64_t random_bits() noexcept { return weft_model::choose(2) == 0 ? 1 : 3; }

void fatal(char const* what, void const*) noexcept {
    weft_model::require(false, what);
    std::terminate();
}
void fatal_in(fiber_control const&, char const* what) noexcept { fatal(what); }

}  // namespace weft::detail

weft::cancelled::~cancelled() = default;
