#include <weft/detail/task_group_core.hpp>
#include <weft/detail/wait_queue.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace weft::detail {

namespace {

constexpr wait_reason waiting_for_room{"task_group go, at its limit"};
constexpr wait_reason waiting_for_end{"task_group wait"};

}  // namespace

bool task_group_core::try_enter() noexcept {
    spin_guard guard(lock_);
    if (!has_room()) return false;
    ++running_;
    return true;
}

void task_group_core::enter() WEFT_NO_THREAD_SAFETY_ANALYSIS {
    channel_waiter self;
    lock_.lock();
    if (has_room()) {
        ++running_;
        return lock_.unlock();
    }
    detail::wait w(waiting_for_room, this, interruptible::yes, publication::late);
    if (w.cancelled()) {
        lock_.unlock();
        throw_cancelled();
    }
    // Served: with the place of the one that left.
    if (park_in(lock_, for_room_, w, self, clock::time_point::max()) == tag_served) return;
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
            std::size_t count = 0;
            woken = pop_all_claimed(for_end_, count);
        }
    }
    deliver_all(woken);
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
bool task_group_core::wait_for_end(interruptible may_cancel) WEFT_NO_THREAD_SAFETY_ANALYSIS {
    channel_waiter self;
    lock_.lock();
    if (running_ == 0) {
        lock_.unlock();
        return true;
    }
    detail::wait w(waiting_for_end, this, may_cancel, publication::late);
    if (w.cancelled()) {
        lock_.unlock();
        return false;
    }
    if (park_in(lock_, for_end_, w, self, clock::time_point::max()) == tag_served) return true;
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
