#include "blocking_pool.hpp"

#include "registry.hpp"
#include "runtime_core.hpp"

#include <chrono>

namespace weft::detail {

namespace {

constexpr auto idle_lifetime = std::chrono::seconds(10);
constexpr wait_reason blocking_reason{"blocking call", true};
constexpr wait_tag tag_done = 0;

}  // namespace

blocking_pool::~blocking_pool() {
    std::unique_lock guard(lock_);
    ending_ = true;
    arrived_.notify_all();
    all_left_.wait(guard, [this] { return threads_.empty(); });
    guard.unlock();
    for (std::thread& last : left_) last.join();
}

void blocking_pool::start_thread() {
    auto const self = threads_.emplace(threads_.end());
    try {
        *self = std::thread(&blocking_pool::work, this, self);  // which begins by taking the lock
    } catch (...) {
        threads_.erase(self);
        throw;
    }
}

void blocking_pool::submit(blocking_job& job) {
    std::scoped_lock guard(lock_);
    if (idle_ <= queued_ && threads_.size() < most_) {
        try {
            start_thread();
        } catch (...) {
            if (threads_.empty()) throw;  // otherwise one of those that exist will come to it
        }
    }
    job.state = blocking_job::queued;
    job.next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = &job;
    last_ = &job;
    ++queued_;
    arrived_.notify_one();
}

bool blocking_pool::withdraw(blocking_job& job) noexcept {
    std::scoped_lock guard(lock_);
    if (job.state != blocking_job::queued) return false;
    blocking_job* before = nullptr;
    for (blocking_job* at = first_; at != &job; at = at->next) before = at;
    (before == nullptr ? first_ : before->next) = job.next;
    if (last_ == &job) last_ = before;
    --queued_;
    return true;
}

bool blocking_pool::wake_when_done(blocking_job& job, wait_token sleeper, wait_tag tag) noexcept {
    std::scoped_lock guard(lock_);
    if (job.state == blocking_job::done) return false;
    job.sleeper = sleeper;
    job.tag = tag;
    return true;
}

std::size_t blocking_pool::threads() const noexcept {
    std::scoped_lock guard(lock_);
    return threads_.size();
}

bool blocking_pool::busy() const noexcept {
    std::scoped_lock guard(lock_);
    return queued_ + running_ != 0;
}

void blocking_pool::work(thread_list::iterator self) noexcept {
    own_thread const counted;
    thread_list left_before;
    {
        std::unique_lock guard(lock_);
        serve(guard);
        left_before.swap(left_);
        left_.splice(left_.end(), threads_, self);
        if (threads_.empty()) all_left_.notify_all();
    }
    for (std::thread& one : left_before) one.join();
}

// Under the lock, except while a job runs.
void blocking_pool::serve(std::unique_lock<std::mutex>& guard) noexcept {
    for (;;) {
        if (first_ == nullptr) {
            if (ending_) return;
            ++idle_;
            bool const woken = arrived_.wait_for(guard, idle_lifetime, [this] { return first_ != nullptr || ending_; });
            --idle_;
            if (!woken) return;
            continue;
        }
        blocking_job& job = *first_;
        first_ = job.next;
        if (first_ == nullptr) last_ = nullptr;
        job.state = blocking_job::running;
        --queued_;
        ++running_;
        guard.unlock();
        job.call(job.argument);
        guard.lock();
        --running_;
        ++idle_;  // before the sleeper can come with its next job, for which there need be no other thread
        job.state = blocking_job::done;
        wait_token const sleeper = job.sleeper;
        wait_tag const tag = job.tag;
        guard.unlock();
        // The job lies in the sleeper's frame, which is gone as soon as the sleeper runs.
        if (sleeper) sleeper.wake(tag);
        guard.lock();
        --idle_;
    }
}

void run_blocking(void (*call)(void* argument) noexcept, void* argument) {
    worker* here = current_worker();
    if (here == nullptr || here->running() == nullptr) return call(argument);
    blocking_pool& pool = here->runtime.blocking();
    blocking_job job;
    job.call = call;
    job.argument = argument;
    {
        wait w(blocking_reason, argument);
        if (w.cancelled()) throw_cancelled();
        job.sleeper = w.token();
        job.tag = tag_done;
        pool.submit(job);
        if (w.park() != tag_cancelled) return;
    }
    if (pool.withdraw(job)) throw_cancelled();
    // It had started: nobody but its end can release the frame it works on.
    wait until_done(blocking_reason, argument, interruptible::no);
    if (pool.wake_when_done(job, until_done.token(), tag_done)) until_done.park();
}

}  // namespace weft::detail
