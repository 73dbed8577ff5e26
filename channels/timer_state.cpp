#include <weft/detail/budget.hpp>
#include <weft/detail/timer_state.hpp>

#include <algorithm>
#include <utility>

namespace weft::detail {

namespace {

constexpr wait_reason receiving{"timer channel recv"};

// The first of `due`, `due + period`, ... that is after `now`.
clock::time_point next_tick(clock::time_point due, clock::duration period, clock::time_point now) noexcept {
    // In between nobody has taken a tick: those are dropped.
    clock::duration const behind = (now - due) / period * period;
    clock::time_point const last = due + behind;
    return timer_state::never - last > period ? last + period : timer_state::never;
}

}  // namespace

void timer_state::begin(clock::time_point due, clock::duration period) noexcept {
    is_timer_ = true;
    reset(due, period);
}

bool timer_state::take(clock::time_point& tick) noexcept {
    if (due() == never) return false;
    clock::time_point const now = clock::now();
    {
        spin_guard guard(lock_);
        clock::time_point const at = due();
        if (at > now) return false;
        tick = at;
        running_ = period_ != clock::duration::zero();
        set_due(running_ ? next_tick(at, period_, now) : never);
    }
    // Whoever receives from a ticker that is faster than itself never parks.
    charge_budget();
    return true;
}

channel_result timer_state::take_until(clock::time_point& tick,
                                       clock::time_point deadline) WEFT_NO_THREAD_SAFETY_ANALYSIS {
    for (;;) {
        if (take(tick)) return channel_result::done;
        if (has_passed(deadline)) return channel_result::timed_out;
        channel_waiter self;
        lock_.lock();
        clock::time_point const until = std::min(deadline, due());
        wait w(receiving, this, interruptible::yes, published(until));
        if (w.cancelled()) {
            lock_.unlock();
            throw_cancelled();
        }
        wait_tag const winner = park_in(lock_, watchers_, w, self, until);
        if (winner != tag_served) unwatch(self);
        if (winner == tag_cancelled) throw_cancelled();
    }
}

bool timer_state::stop() noexcept {
    spin_guard guard(lock_);
    set_due(never);
    return std::exchange(running_, false);
}

bool timer_state::reset(clock::time_point due_at, clock::duration period) noexcept {
    channel_waiter* woken = nullptr;
    bool was_running = false;
    {
        spin_guard guard(lock_);
        was_running = std::exchange(running_, true);
        std::size_t count = 0;
        if (due_at < due()) woken = pop_all_claimed(watchers_, count);
        set_due(due_at);
        period_ = period;
    }
    deliver_all(woken);
    return was_running;
}

void timer_state::watch(channel_waiter& node) noexcept {
    spin_guard guard(lock_);
    watchers_.push(node);
}

void timer_state::unwatch(channel_waiter& node) noexcept {
    spin_guard guard(lock_);
    if (node.linked) watchers_.remove(node);
}

bool timer_source::try_take() {
    clock::time_point tick;
    if (!timer_->take(tick)) return false;
    slot_->emplace(tick);
    return true;
}

bool timer_source::arm(wait_token sleeper, wait_tag tag) {
    node_.token = sleeper;
    node_.tag = tag;
    timer_->watch(node_);  // before the select asks when it is due
    return false;
}

}  // namespace weft::detail
