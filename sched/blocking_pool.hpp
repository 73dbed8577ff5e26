#pragma once
// Threads for code that blocks. They are started when a job finds none idle, up to a limit, and end after some time
// without work.
//
// Lock order: lock_ is taken before no other lock; sleepers are woken after it is released.

#include <weft/detail/blocking_job.hpp>

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace weft::detail {

class blocking_pool {
public:
    explicit blocking_pool(unsigned most) : most_(most == 0 ? 1 : most) {}
    /// Waits for the jobs that run.
    ~blocking_pool();

    /// Queues the job. Errors: `std::system_error` when not even one thread can be had; the job is not queued then.
    void submit(blocking_job& job);
    /// Takes the job back. False: it runs, or has run.
    bool withdraw(blocking_job& job) noexcept;
    /// Has the job wake `sleeper` when it is done. False: it is done.
    bool wake_when_done(blocking_job& job, wait_token sleeper, wait_tag tag) noexcept;

    std::size_t threads() const noexcept;
    bool busy() const noexcept;

private:
    void work() noexcept;
    void start_thread();

    unsigned const most_;
    mutable std::mutex lock_;  // guards everything below
    std::condition_variable arrived_;
    std::condition_variable left_;
    blocking_job* first_ = nullptr;
    blocking_job* last_ = nullptr;
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;
    std::size_t queued_ = 0;
    std::size_t running_ = 0;
    bool ending_ = false;
};

}  // namespace weft::detail
