// The run queues: what is put in comes out exactly once, whoever takes it.
#include <weft/detail/fiber_control.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

#include "injection.hpp"
#include "model_fiber.hpp"
#include "model_test.hpp"
#include "owner_slot.hpp"
#include "run_ring.hpp"
#include "spawn_deque.hpp"

using weft::detail::fiber_control;
using weft_model::bounds;
using weft_model::check_finds;
using weft_model::check_holds;
using weft_model::mutation;
using weft_model::operation;
using weft_model::require;

namespace {

constexpr auto acquire = std::memory_order_acquire;
constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto release = std::memory_order_release;

constexpr char const* old_contents = "data was read that was not handed over";
constexpr char const* twice = "a fiber was taken twice";

// Fibers, as far as the queues know them: addresses. Each has contents that must arrive with it.
template <std::size_t Count>
class fibers {
public:
    /// Whoever puts it into a queue.
    fiber_control& fresh(std::size_t n) {
        contents_[n].set(1);
        return *reinterpret_cast<fiber_control*>((n + 1) * 64);
    }
    /// Whoever took it out.
    void note(fiber_control* f) {
        if (f == nullptr) return;
        std::size_t const n = reinterpret_cast<std::uintptr_t>(f) / 64 - 1;
        require(n < Count, "what was taken is no fiber");
        require(!taken_[n], "a fiber was taken twice");
        taken_[n] = true;
        require(contents_[n].get() == 1, "a fiber came without its contents");
        contents_[n].set(2);
    }
    bool all_taken() const {
        return std::all_of(taken_.begin(), taken_.end(), [](bool b) { return b; });
    }

private:
    std::array<weft_model::handed_over<int>, Count> contents_;
    std::array<bool, Count> taken_{};
};

// The ring: the owner fills it, takes some, and fills it again, over the end of the array.
struct ring : weft_model::scenario {
    static constexpr std::uint32_t most = 2;

    std::size_t threads() const override { return 3; }
    void run(std::size_t thread) override {
        if (thread == 0) {
            for (std::size_t i = 0; i != 5; ++i) {
                fiber_control& f = made.fresh(i);
                while (!queue.push(f)) made.note(queue.pop());  // full
                if (i == 1) made.note(queue.pop());
            }
        } else {
            fiber_control* taken[most];
            std::uint32_t const n = queue.steal(taken, most);
            for (std::uint32_t i = 0; i != n; ++i) made.note(taken[i]);
        }
    }
    void finish() override {
        while (fiber_control* f = queue.pop()) made.note(f);
        require(made.all_taken(), "a fiber was lost");
    }
    fibers<5> made;
    weft::detail::basic_run_ring<4> queue;
};

// A full ring gives its older half away, as worker::push_ring does, while others steal.
struct overflow : weft_model::scenario {
    overflow() {
        for (std::size_t i = 0; i != 4; ++i) queue.push(made.fresh(i));
    }
    std::size_t threads() const override { return 3; }
    void run(std::size_t thread) override {
        fiber_control* taken[2];
        std::uint32_t n = 0;
        if (thread == 0) {
            fiber_control& f = made.fresh(4);
            if (!queue.push(f)) {
                n = queue.steal(taken, 2);
                made.note(&f);
            }
        } else {
            n = queue.steal(taken, 2);
        }
        for (std::uint32_t i = 0; i != n; ++i) made.note(taken[i]);
    }
    void finish() override {
        while (fiber_control* f = queue.pop()) made.note(f);
        require(made.all_taken(), "a fiber was lost");
    }
    fibers<5> made;
    weft::detail::basic_run_ring<4> queue;
};

// The deque, which grows under the thieves' hands.
struct deque : weft_model::scenario {
    std::size_t threads() const override { return 3; }
    void run(std::size_t thread) override {
        if (thread == 0) {
            for (std::size_t i = 0; i != 3; ++i) {
                queue.make_room();
                queue.push(made.fresh(i));
            }
            made.note(queue.pop());
            made.note(queue.pop());
        } else {
            made.note(queue.steal());
        }
    }
    void finish() override {
        while (fiber_control* f = queue.pop()) made.note(f);
        require(made.all_taken(), "a fiber was lost");
    }
    fibers<3> made;
    weft::detail::spawn_deque queue{2};
};

// An owner that has taken so often that the lock is granted to it, and a thief who comes for the last one.
template <class Queue>
struct granted : weft_model::scenario {
    granted() {
        using lock = weft::detail::biased_lock;
        for (unsigned i = 0; i != lock::uses_per_review * (lock::reviews_per_grant + 1); ++i) {
            queue.push(made.fresh(0));
            queue.pop();
        }
        queue.push(made.fresh(0));
    }
    std::size_t threads() const override { return 2; }
    void run(std::size_t thread) override { made.note(thread == 0 ? queue.pop() : steal()); }
    void finish() override {
        while (fiber_control* f = queue.pop()) made.note(f);
        require(made.all_taken(), "a fiber was lost");
    }
    fiber_control* steal() {
        if constexpr (requires { queue.steal(); }) {
            return queue.steal();
        } else {
            fiber_control* taken = nullptr;
            return queue.steal(&taken, 1) == 1 ? taken : nullptr;
        }
    }
    fibers<1> made;
    Queue queue;
};
using granted_ring = granted<weft::detail::basic_run_ring<4>>;
using granted_deque = granted<weft::detail::spawn_deque>;

// The list that anybody adds to and takes from. It links the control blocks, so these are real.
struct injected : weft_model::scenario {
    std::size_t threads() const override { return 3; }
    void run(std::size_t thread) override {
        if (thread != 2) push(thread);
        take();
    }
    void finish() override {
        take();
        take();
        require(taken[0] && taken[1], "a fiber was lost");
    }
    void push(std::size_t n) {
        contents[n].set(1);
        queue.push(made[n]);
    }
    void take() {
        fiber_control* const f = queue.pop();
        if (f == nullptr) return;
        std::size_t const n = f == &made[0] ? 0 : 1;
        require(!taken[n], twice);
        taken[n] = true;
        require(contents[n].get() == 1, "a fiber came without its contents");
    }
    weft_model::model_fiber made[2];
    bool taken[2] = {};
    weft_model::handed_over<int> contents[2];
    weft::detail::injection queue;
};

struct locked : weft_model::scenario {
    std::size_t threads() const override { return 3; }
    void run(std::size_t) override {
        weft::detail::spin_guard guard(lock);
        inside.set(inside.get() + 1);
    }
    void finish() override { require(inside.get() == 3, "somebody was not let in"); }
    weft::detail::spin_lock lock;
    weft_model::handed_over<int> inside;
};

// The owner's slot, and two that come to take it away.
struct slot : weft_model::scenario {
    std::size_t threads() const override { return 3; }
    void run(std::size_t thread) override {
        if (thread == 0) {
            made.note(place.exchange(&made.fresh(0)));
            made.note(place.exchange(&made.fresh(1)));
            made.note(place.take());
            made.note(place.exchange(&made.fresh(2)));
        } else {
            made.note(place.take_away());
        }
    }
    void finish() override {
        made.note(place.take());
        require(made.all_taken(), "a fiber was lost");
    }
    fibers<3> made;
    weft::detail::owner_slot place;
};

}  // namespace

TEST_CASE("a ring gives each fiber to one taker, with its contents", "[model][run_ring]") {
    check_holds<ring>("run ring", {.preemptions = 3, .stale_reads = 2});
    check_holds<overflow>("run ring, overflow", {.preemptions = 4, .stale_reads = 4});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<ring>(old_contents, narrow, mutation::weaken("push", operation::store, release));
    check_finds<ring>(old_contents, narrow, mutation::weaken("steal", operation::load, acquire));
    check_finds<overflow>(twice, narrow, mutation::weaken("lock", operation::modify, acquire));
    check_finds<overflow>(twice, narrow, mutation::weaken("unlock", operation::store, release));
}

TEST_CASE("a deque gives each fiber to one taker, with its contents, also while it grows", "[model][spawn_deque]") {
    check_holds<deque>("spawn deque", {.preemptions = 3, .stale_reads = 3});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<deque>(old_contents, narrow, mutation::weaken("push", operation::store, release));
    check_finds<deque>("a fiber was lost", narrow, mutation::weaken("grow", operation::store, release));
    check_finds<deque>(old_contents, narrow, mutation::weaken("steal", operation::load, acquire));
    // A thief that does not look at what the last one left, and locks that do not show it.
    check_finds<deque>(twice, narrow, mutation::blind("steal", relaxed, 0));
    check_finds<deque>(twice, narrow, mutation::weaken("lock", operation::modify, acquire));
    check_finds<deque>(twice, narrow, mutation::weaken("unlock", operation::store, release));
}

TEST_CASE("a queue whose owner has the lock to itself gives each fiber to one taker",
          "[model][run_ring][spawn_deque]") {
    bounds const within{.preemptions = 3, .stale_reads = 3};
    check_holds<granted_ring>("run ring, lock granted", within);
    check_holds<granted_deque>("spawn deque, lock granted", within);
    check_finds<granted_ring>(twice, within, mutation::drop("end_grant", operation::heavy_fence));
    check_finds<granted_deque>(twice, within, mutation::drop("end_grant", operation::heavy_fence));
}

TEST_CASE("a slot gives each fiber to its owner or to a thief, with its contents", "[model][owner_slot]") {
    bounds const within{.preemptions = 3, .stale_reads = 3};
    check_holds<slot>("owner slot", within);
    check_finds<slot>(old_contents, within, mutation::drop("take_away", operation::heavy_fence));
    check_finds<slot>("a fiber was lost", within, mutation::weaken("exchange", operation::store, release));
    check_finds<slot>("a fiber was lost", within, mutation::weaken("take_away", operation::load, acquire));
    check_finds<slot>(twice, within, mutation::weaken("take_away", operation::store, release));
    check_finds<slot>(twice, within, mutation::weaken("enter", operation::load, acquire));
    // The owner may have been here before, and have backed out since.
    check_finds<slot>(twice, within, mutation::weaken("enter", operation::store, release));
}

TEST_CASE("an injected fiber is taken once, with its contents", "[model][injection]") {
    check_holds<injected>("injection", {.preemptions = 4, .stale_reads = 4});
}

TEST_CASE("a spin lock lets in one at a time, who sees what the last one did", "[model][spin_lock]") {
    check_holds<locked>("spin lock", {.preemptions = 4, .stale_reads = 4});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<locked>("data was read that was not handed over", narrow,
                        mutation::weaken("unlock", operation::store, release));
    check_finds<locked>("data was read that was not handed over", narrow,
                        mutation::weaken("lock", operation::modify, acquire));
    check_finds<locked>("data was read that was not handed over", narrow,
                        mutation::weaken("try_lock", operation::modify, acquire));
}
