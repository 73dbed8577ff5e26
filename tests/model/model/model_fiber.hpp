#pragma once
// Fibers for scenarios: the wait of production code, without workers and run queues around it.
//
// A fiber that parks leaves its worker to another one, which completes the park on the same OS thread. The fiber may be resumed on
// a second thread meanwhile. So a fiber takes two threads of the model: one that is the fiber, and one, the *successor*, that does
// what follows a switch. A gate from the one to the other is the switch, a gate to the fiber is the run queue.

#include <weft/detail/fiber_control.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "checker/explorer.hpp"

namespace weft_model {

struct model_stack {
    weft::detail::stack_slot of_fiber;
};

class model_fiber : model_stack, public weft::detail::fiber_control {
public:
    model_fiber() : fiber_control(of_fiber) {}

    // ---- by the stand-in of wait.cpp, on the fiber's thread

    void park();
    void park_then(weft::detail::publish_action publish, void* argument);

    // ---- by anybody

    void resume() { ready_.open(); }

    // ---- by the successor

    void follow();

    static model_fiber& current();

private:
    gate left_;
    gate ready_;
    ownership stack_;  // touched by who stands on it
    weft::detail::publish_action publish_ = nullptr;
    void* argument_ = nullptr;
};

/// Threads 0 to `Fibers - 1` are fibers, the next as many their successors; the rest are plain.
template <std::size_t Fibers, std::size_t Others = 0>
class fiber_scenario : public scenario {
public:
    std::size_t threads() const final { return 2 * Fibers + Others; }
    void run(std::size_t thread) final {
        if (thread < Fibers)
            fiber(thread);
        else if (thread < 2 * Fibers)
            fibers[thread - Fibers].follow();
        else
            other(thread - 2 * Fibers);
    }

    virtual void fiber(std::size_t number) = 0;
    virtual void other(std::size_t /*number*/) {}

    model_fiber* fiber_of(std::size_t thread) override { return thread < Fibers ? &fibers[thread] : nullptr; }

    std::array<model_fiber, Fibers> fibers;
};

}  // namespace weft_model
