// Timers against whoever wakes first: a deadline that comes up wakes its wait, and none that was stopped or is over.
#include <weft/detail/poller.hpp>
#include <weft/detail/timers.hpp>
#include <weft/detail/wait.hpp>

#include <chrono>

#include "model_fiber.hpp"
#include "model_test.hpp"

using weft::detail::tag_timeout;
using weft::detail::timer_handle;
using weft::detail::timer_queue;
using weft::detail::wait;
using weft::detail::wait_tag;
using weft_model::bounds;
using weft_model::check_finds;
using weft_model::check_holds;
using weft_model::gate;
using weft_model::mutation;
using weft_model::operation;
using weft_model::require;

namespace {

constexpr weft::detail::wait_reason sleeping{"model"};
constexpr char const* lost = "nobody can go on, and for ever thread 0 waits in park_then";
constexpr char const* too_early = "a fiber was resumed before it had left its stack";
constexpr weft::clock::time_point now{std::chrono::seconds(10)};
constexpr char const* over = "an action was stopped that was over";
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto relaxed = std::memory_order_relaxed;

// Two waits with a deadline each. A waker may end the first; only its timer can end the second, which uses the record again that
// the first has left, while a late stop of the first may still come.
struct deadlines : weft_model::fiber_scenario<1, 2> {
    static constexpr std::size_t waits = 2;

    void fiber(std::size_t) override {
        timer_handle first;
        for (std::size_t i = 0; i != waits; ++i) {
            wait w(sleeping, nullptr);
            timer_handle const timer = timers.arm(now, w.token(), tag_timeout);
            if (i == 0)
                first = timer;
            else
                timer_queue::stop(first);  // again: it names the record's life before
            known[i].store(w.token().generation, std::memory_order_release);
            armed[i].open();
            wait_tag const winner = w.park();
            require(i == 0 || winner == tag_timeout, "a wait was woken that nobody woke");
            if (winner == tag_timeout) {
                require(!timer_queue::stop(timer), "a timer was stopped that had fired");
            } else {
                require(value.get() == 1, "the winner's value did not arrive");
                timer_queue::stop(timer);
            }
        }
    }
    void other(std::size_t number) override {
        if (number == 0) {
            for (gate& g : armed) {
                g.pass();
                weft::detail::ready_list ready;
                timers.fire(now, ready);
                while (weft::detail::fiber_control* f = ready.pop()) static_cast<weft_model::model_fiber*>(f)->resume();
            }
        } else {
            std::uint64_t const generation = known[0].load(std::memory_order_acquire);
            if (generation == 0) return;
            weft::detail::wait_token const token{&fibers[0], generation};
            if (!token.try_claim()) return;
            value.set(1);
            token.who->deliver(0);
        }
    }
    void finish() override { require(timers.live() == 0, "a timer is left"); }

    timer_queue timers;
    weft::detail::atomic<std::uint64_t> known[waits];
    gate armed[waits];
    weft_model::handed_over<int> value;
};

// An action that is stopped while its time comes, by whoever armed it, twice. Whoever stopped it has it to himself; otherwise
// it has been done, or will be.
struct actions : weft_model::scenario {
    struct counting final : weft::detail::timed_action {
        void fire(std::uint64_t serial) noexcept override {
            require(serial == armed_with.get(), "an action was done for another arming");
            done.open();
        }
        void abandon(std::uint64_t) noexcept override { require(false, "an action was abandoned"); }
        weft_model::handed_over<std::uint64_t> armed_with;
        gate done;
    };
    std::size_t threads() const override { return 2; }
    void run(std::size_t thread) override {
        if (thread == 0) {
            timer_handle before;
            for (std::uint64_t serial = 1; serial != 3; ++serial) {
                action.armed_with.set(serial);
                timer_handle const timer = timers.arm(now, action, serial);
                require(!timer_queue::stop(before), over);
                if (!timer_queue::stop(timer)) action.done.pass();
                before = timer;
            }
        } else {
            for (int i = 0; i != 2; ++i) {
                weft::detail::ready_list ready;
                timers.fire(now, ready);
            }
        }
    }
    void finish() override { require(timers.live() == 0, "a timer is left"); }

    timer_queue timers;
    counting action;
};

}  // namespace

TEST_CASE("a timed action is done or stopped", "[model][timer]") {
    check_holds<actions>("timed actions", {.preemptions = 4, .stale_reads = 4});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<actions>(over, narrow, mutation::drop("recycle", operation::store, relaxed));
    check_finds<actions>("nobody can go on, and for ever thread 0 waits in run", narrow,
                         mutation::drop("armed", operation::store, relaxed));
}

TEST_CASE("a timer fires or is stopped, and never meets the next wait", "[model][timer]") {
    check_holds<deadlines>("timers", {.preemptions = 2, .stale_reads = 2});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    // A record that is used again under its old generation.
    check_finds<deadlines>(lost, narrow, mutation::drop("recycle", operation::store, relaxed));
    check_finds<deadlines>(too_early, narrow, mutation::weaken("is_parked_on_delivery", operation::modify, acq_rel));
}
