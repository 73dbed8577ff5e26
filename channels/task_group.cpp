#include <weft/detail/task_group_core.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace weft::detail {

namespace {

constexpr wait_reason waiting_for_room{"task_group go, at its limit"};
constexpr wait_reason waiting_for_end{"task_group wait"};
constexpr wait_tag tag_served = 0;

}  // namespace

bool task_group_core::try_enter() noexcept {
    spin_guard guard(lock_);
    if (!has_room()) return false;
    ++running_;
    return true;
}

void task_group_core::enter() {
    if (try_enter()) return;
    channel_waiter self;
    detail::wait w(waiting_for_room, this);
    {
        spin_guard guard(lock_);
        if (has_room()) {
            ++running_;
            return;
        }
        if (!w.cancelled()) {
            self.token = w.token();
            self.tag = tag_served;
            for_room_.push(self);
        }
    }
    if (w.cancelled()) throw_cancelled();
    if (w.park() == tag_served) return;  // with the place of the one that left
    {
        spin_guard guard(lock_);
        if (self.linked) for_room_.remove(self);
    }
    throw_cancelled();
}

void task_group_core::leave() noexcept {
    channel_waiter* woken = nullptr;
    {
        spin_guard guard(lock_);
        woken = for_room_.pop_claimed();
        if (woken != nullptr) {
            woken->next = nullptr;
        } else if (--running_ == 0) {
            channel_waiter* last = nullptr;
            while (channel_waiter* w = for_end_.pop_claimed()) {
                w->next = nullptr;
                (last == nullptr ? woken : last->next) = w;
                last = w;
            }
        }
    }
    while (woken != nullptr) {
        channel_waiter* const w = std::exchange(woken, woken->next);
        w->token.who->deliver(w->tag);
    }
}

void task_group_core::fail(std::exception_ptr failure) noexcept {
    {
        spin_guard guard(lock_);
        if (failure_ != nullptr) return;
        failure_ = failure;
    }
    bound_.cancel(std::move(failure));
}

void task_group_core::set_limit(std::size_t n) {
    std::size_t running = 0;
    {
        spin_guard guard(lock_);
        running = running_;
        if (running == 0) limit_ = n;
    }
    if (running != 0)
        throw std::logic_error("weft: task_group::set_limit while " + std::to_string(running) +
                               " of its tasks are running: set the limit before the first `go`, or after `wait`");
}

// False: the wait was cancelled.
bool task_group_core::wait_for_end(interruptible may_cancel) {
    channel_waiter self;
    detail::wait w(waiting_for_end, this, may_cancel);
    {
        spin_guard guard(lock_);
        if (running_ == 0) return true;
        if (!w.cancelled()) {
            self.token = w.token();
            self.tag = tag_served;
            for_end_.push(self);
        }
    }
    if (w.cancelled()) return false;
    if (w.park() == tag_served) return true;
    spin_guard guard(lock_);
    if (self.linked) for_end_.remove(self);
    return false;
}

void task_group_core::wait() {
    if (!wait_for_end(interruptible::yes)) throw_cancelled();
    std::exception_ptr failed;
    {
        spin_guard guard(lock_);
        failed = failure_;
    }
    if (failed != nullptr) std::rethrow_exception(failed);
}

void task_group_core::join() noexcept { wait_for_end(interruptible::no); }

}  // namespace weft::detail
