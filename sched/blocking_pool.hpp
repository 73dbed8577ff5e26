#pragma once
// Threads for code that blocks. They are started when a job finds none idle, up to a limit, and end after some time
// without work.
//
// Invariants: every thread is in threads_ or, once it has decided to leave, the last of those in left_. Whoever leaves joins the
//             one that left before, so the last one's end is the end of all; the destructor joins that one. A thread's end
//             includes what libraries keep for each thread, which may outlive neither the runtime nor the program.
// Lock order: lock_ is taken before no other lock; sleepers are woken, and threads joined, after it is released.

#include <weft/detail/blocking_job.hpp>

#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace weft::detail {

class blocking_pool {
public:
    explicit blocking_pool(unsigned most) : most_(most == 0 ? 1 : most) {}
    /// Waits for the jobs that run, and for the threads' ends.
    ~blocking_pool();

    /// Queues the job. Errors: `std::system_error`, `std::bad_alloc` when not even one thread can be had; the job is not
    /// queued then.
    void submit(blocking_job& job);
    /// Takes the job back. False: it runs, or has run.
    bool withdraw(blocking_job& job) noexcept;
    /// Has the job wake `sleeper` when it is done. False: it is done.
    bool wake_when_done(blocking_job& job, wait_token sleeper, wait_tag tag) noexcept;

    std::size_t threads() const noexcept;
    bool busy() const noexcept;

private:
    using thread_list = std::list<std::thread>;

    void start_thread();
    void work(thread_list::iterator self) noexcept;
    void serve(std::unique_lock<std::mutex>& guard) noexcept;

    unsigned const most_;
    mutable std::mutex lock_;  // guards everything below
    std::condition_variable arrived_;
    std::condition_variable all_left_;
    thread_list threads_;
    thread_list left_;  // at most one
    blocking_job* first_ = nullptr;
    blocking_job* last_ = nullptr;
    std::size_t idle_ = 0;  // threads that wait for a job, or are about to look for one
    std::size_t queued_ = 0;
    std::size_t running_ = 0;
    bool ending_ = false;
};

}  // namespace weft::detail
