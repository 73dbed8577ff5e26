#pragma once
// A runtime whose workers are threads of the model: worker.cpp, worker_search.cpp, runtime_core.cpp and spares.cpp as they are.
// Stand-ins:
//
//     the monitor           a thread of the scenario does what it would, when the scenario says so
//     the poller            the real futex poller, on the model's futex
//     fibers                real control blocks with a small stack of their own, that run a body of the scenario
//     deadlock, shutdown    never

#include <weft/detail/fiber_control.hpp>
#include <weft/runtime_options.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>

#include "checker/explorer.hpp"
#include "runtime_core.hpp"

namespace weft_model {

/// A fiber that runs `body` once.
class task : weft::detail::stack_slot, public weft::detail::fiber_control {
public:
    task() : fiber_control(static_cast<stack_slot&>(*this)) {}

    /// Makes it a fiber of `on` that can be queued. `number` chooses the stack, which executions share.
    void prepare(std::size_t number, weft::detail::runtime_core& on, std::function<void()> what);
    /// Before it is queued: somebody is to hold its handle.
    void keep() noexcept;
    bool has_started() const noexcept { return started_; }
    bool is_recycled() const noexcept { return recycled_; }

    /// By the last reference: nobody stands on its stack any more.
    void take_stack();

private:
    static weft::detail::continuation main(void* payload) noexcept;

    std::function<void()> body_;
    ownership stack_;  // touched by who stands on it, and by who takes it away
    bool started_ = false;
    bool recycled_ = false;
};

/// The workers are threads 0 to `workers + spares - 1`; they fall asleep before exploration begins. `Others` are the scenario's.
class idle_world : public scenario {
public:
    static constexpr std::size_t most_tasks = 8;

    idle_world(unsigned workers, unsigned spares, std::size_t others);
    ~idle_world() override;

    std::size_t threads() const final { return slots_ + others_; }
    std::size_t settled() const override { return slots_; }
    void run(std::size_t thread) final;
    /// Nobody sleeps beside work that he could do.
    void finish() override;

    virtual void other(std::size_t number) = 0;

    /// From outside: makes a new fiber runnable.
    void inject(std::function<void()> body);
    /// By a fiber: the same, on its worker.
    void make_ready(std::function<void()> body);
    /// A new fiber that is neither queued nor detached yet.
    task& make_joinable(std::function<void()> body);
    /// From outside, or by a fiber: makes it runnable.
    void inject(task& fresh);

    weft::detail::runtime_core& runtime() noexcept { return *core_; }
    task& at(std::size_t n) noexcept { return tasks_[n]; }
    task const& at(std::size_t n) const noexcept { return tasks_[n]; }
    std::size_t made() const noexcept { return made_; }

    /// By os_thread.
    void start(std::function<void()> body);
    static idle_world* current() noexcept { return current_; }

private:
    task& make(std::function<void()> body);

    static constexpr std::size_t most_workers = 4;
    static inline idle_world* current_ = nullptr;

    std::size_t const slots_;
    std::size_t const others_;
    std::array<std::function<void()>, most_workers> bodies_;
    std::array<gate, most_workers> begins_;
    std::size_t started_ = 0;
    std::array<task, most_tasks> tasks_;
    std::size_t made_ = 0;
    weft::detail::runtime_core* core_;
};

}  // namespace weft_model
