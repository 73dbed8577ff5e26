#pragma once
// What makes a channel of time points a timer's.
//
// Nothing is sent, and nobody runs when a timer is due: its value *is there* once its time has come. Whoever receives looks at
// the clock; whoever has to wait sleeps until the timer is due, as for any deadline. So a timer that nobody waits for costs
// nothing, needs no runtime, and cannot hold a stale value: to stop or to reset it is to change the time.
//
// Invariants: due_ is the time from which on the next value can be taken; `never` if there is none to come. Changed under the
//             lock; only `take` hands out a value, and changes due_ with it.
//             Whoever waits is in `watchers_` and sleeps until the due_ that it saw under the lock, at the latest. A due_ that
//             comes earlier than before wakes all; one that comes later lets them wake for nothing, once.
// Lock order: the lock is a leaf; select takes it while it holds those of channels.
// Several receivers: a value goes to the first that comes for it.
// Rejected:   a fiber, or an entry in a worker's heap, per timer: both go on costing when the timer is forgotten, and outside a
//             runtime there is nobody to serve them.
// Source:     Go 1.23's timers, which are lazy in the same way: https://go.dev/wiki/Go123Timer

#include <weft/clock.hpp>
#include <weft/detail/select_source.hpp>
#include <weft/detail/wait_queue.hpp>

#include <atomic>
#include <optional>

namespace weft::detail {

class timer_state {
public:
    static constexpr clock::time_point never = clock::time_point::max();

    /// A channel of time points that somebody makes by `make_chan` is none.
    bool is_timer() const noexcept { return is_timer_; }
    /// Once, before anybody else knows the channel. A period of zero: one value.
    void begin(clock::time_point due, clock::duration period) noexcept;

    /// True: the next value was taken.
    bool take(clock::time_point& tick) noexcept;
    /// Waits for the next value. `done` or `timed_out`. Errors: `cancelled`.
    channel_result take_until(clock::time_point& tick, clock::time_point deadline);

    /// Both return whether it was running: neither stopped, nor its only value taken.
    bool stop() noexcept;
    bool reset(clock::time_point due, clock::duration period) noexcept;

    // ---- for select

    clock::time_point due() const noexcept {
        return clock::time_point(clock::duration(due_.load(std::memory_order_acquire)));
    }
    /// Queues `node`, to be woken if the timer is due earlier than now known.
    void watch(channel_waiter& node) noexcept;
    void unwatch(channel_waiter& node) noexcept;

private:
    void set_due(clock::time_point t) noexcept WEFT_REQUIRES(lock_) {
        due_.store(t.time_since_epoch().count(), std::memory_order_release);
    }

    bool is_timer_ = false;
    mutable spin_lock lock_;
    bool running_ WEFT_GUARDED_BY(lock_) = false;
    std::atomic<clock::rep> due_{
        never.time_since_epoch().count()};  // written under the lock; a look without it is a hint
    clock::duration period_ WEFT_GUARDED_BY(lock_){};
    waiter_list watchers_ WEFT_GUARDED_BY(lock_);
};

/// A timer's channel as a case of a select: the value is taken into `slot`.
class timer_source final : public select_source {
public:
    void bind(timer_state& timer, std::optional<clock::time_point>& slot) noexcept {
        timer_ = &timer;
        slot_ = &slot;
    }

    bool is_ready() override { return timer_->due() <= clock::now(); }
    bool try_take() override;
    bool arm(wait_token sleeper, wait_tag tag) override;
    void disarm() noexcept override { timer_->unwatch(node_); }
    bool confirm() override { return try_take(); }
    clock::time_point due() const noexcept override { return timer_->due(); }
    bool by_fibers() const noexcept override { return due() == timer_state::never; }

private:
    timer_state* timer_ = nullptr;
    std::optional<clock::time_point>* slot_ = nullptr;
    channel_waiter node_{};  // queued between arm and disarm
};

}  // namespace weft::detail
