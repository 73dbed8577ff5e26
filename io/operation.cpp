#include "operation.hpp"

#include <weft/detail/cancel_scope.hpp>

#include <algorithm>
#include <utility>

namespace weft::detail {

namespace {

// Why a sleeping operation was woken.
constexpr wait_tag look_again = 0;
constexpr wait_tag your_turn = 1;

}  // namespace

operation::~operation() {
    if (!counted_) return;
    claimed_waiters claimed;
    {
        spin_guard guard(d_.lock_);
        end_call();
        descriptor::half& h = d_.at(way_);
        // Handed over, not offered: nobody overtakes those in line.
        if (has_turn_) h.turn_taken = claimed.take_one_from(h.line, your_turn);
        d_.end_operation(claimed);
    }
    claimed.deliver();
}

int operation::begin_call(request_shape shape) noexcept {
    spin_guard guard(d_.lock_);
    end_call();
    return wait_for_call(d_.at(way_), shape);
}

int operation::wait_for_call(descriptor::half& h, request_shape shape) noexcept {
    for (;;) {
        if (d_.closed_) return ECANCELED;
        if (!std::exchange(counted_, true)) ++d_.operations_;
        if (h.deadline != clock::time_point::max() && h.deadline <= clock::now()) return ETIMEDOUT;
        if (!has_turn_ && !h.turn_taken) has_turn_ = h.turn_taken = true;
        int const obstacle = has_turn_ && d_.desk_ != nullptr ? make_way(h, shape) : 0;
        if (obstacle == EINVAL) return EINVAL;
        if (obstacle == 0 && has_turn_ && std::exchange(h.ready, false)) {
            number_ = d_.fd_;
            return 0;
        }
        if (d_.watch_->ended.load(std::memory_order_acquire)) {
            h.ready = true;  // for the next operation, which cannot wait either
            return ECANCELED;
        }

        if (has_turn_ && d_.ask(way_, shape)) kick_ = true;
        wait_tag const woken_by = sleep(has_turn_ ? h.waiting : h.line, h.deadline);
        if (woken_by == your_turn) has_turn_ = true;
        if (woken_by == tag_cancelled) {
            cancelled_ = true;
            return cancelled_by_deadline() ? ETIMEDOUT : ECANCELED;
        }
    }
}

int operation::pause(clock::duration time) noexcept {
    auto const until = clock::now() + time;
    spin_guard guard(d_.lock_);
    end_call();
    descriptor::half& h = d_.at(way_);
    for (;;) {
        auto const next = std::min(until, h.deadline);
        if (d_.closed_ || next <= clock::now()) return 0;
        if (sleep(h.waiting, next) != tag_cancelled) continue;
        cancelled_ = true;
        return cancelled_by_deadline() ? ETIMEDOUT : ECANCELED;
    }
}

// A call that is not told of what has arrived must find nothing there, and no request under way that would add to it.
int operation::make_way(descriptor::half& h, request_shape shape) noexcept {
    if (way_ == direction::write || shape != request_shape::readiness) return 0;
    if (!d_.arrived_.empty()) return EINVAL;
    if (h.request == descriptor::request_state::none || h.shape == request_shape::readiness) return 0;
    if (d_.stop_request(way_)) kick_ = true;
    return EAGAIN;
}

wait_tag operation::sleep(readiness_list& list, clock::time_point deadline) noexcept {
    wait w(reason_, &d_);
    readiness_waiter self{w.token(), look_again};
    bool const cancelled_before = w.cancelled();
    if (!cancelled_before) list.push(self);
    d_.lock_.unlock();
    if (std::exchange(kick_, false)) d_.desk_->kick();

    wait_tag woken_by = tag_cancelled;
    if (!cancelled_before)
        woken_by = w.park_until(deadline);
    else if (!w.finish())
        w.park();

    d_.lock_.lock();
    if (self.linked) list.remove(self);
    return woken_by;
}

// What the last call found out about readiness.
void operation::end_call() noexcept {
    bool const may_succeed = std::exchange(called_, false) && !(drained_ && d_.short_read_drains_);
    drained_ = false;
    if (may_succeed) d_.at(way_).ready = true;
}

}  // namespace weft::detail
