// The run queues: what is put in comes out exactly once, whoever takes it.
#include <weft/detail/fiber_control.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

#include "checker/explorer.hpp"
#include "injection.hpp"
#include "owner_slot.hpp"
#include "run_ring.hpp"
#include "spawn_deque.hpp"
#include "support/catch.hpp"

using weft::detail::fiber_control;
using weft_model::bounds;
using weft_model::explore;
using weft_model::mutation;
using weft_model::operation;
using weft_model::require;

namespace {

constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto sequential = std::memory_order_seq_cst;

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
    bool all_taken() const { return std::all_of(taken_.begin(), taken_.end(), [](bool b) { return b; }); }

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

template <class Scenario>
void check_holds(bounds const& within) {
    weft_model::result const r = explore<Scenario>(within);
    WARN(r.text());
    CHECK(r.holds());
}

template <class Scenario>
void check_finds(bounds const& within, mutation const& bug, char const* what) {
    weft_model::result const r = explore<Scenario>(within, {bug});
    INFO(r.text());
    CHECK(r.violation == what);
}

}  // namespace

TEST_CASE("a ring gives each fiber to one taker, with its contents", "[model][run_ring]") {
    bounds const within{.preemptions = 2, .stale_reads = 2};
    check_holds<ring>(within);
    check_holds<overflow>(within);
    check_finds<ring>(within, mutation::weaken("push", operation::store, release), "a fiber came without its contents");
    check_finds<ring>(within, mutation::weaken("push", operation::load, acquire), "data was overwritten");
    check_finds<ring>(within, mutation::weaken("steal", operation::load, acquire), "a fiber came without its contents");
}

TEST_CASE("a deque gives each fiber to one taker, with its contents, also while it grows", "[model][spawn_deque]") {
    bounds const within{.preemptions = 2, .stale_reads = 2};
    check_holds<deque>(within);
    check_finds<deque>(within, mutation::weaken("push", operation::store, release), "a fiber came without its contents");
    check_finds<deque>(within, mutation::weaken("grow", operation::store, release), "x");
    check_finds<deque>(within, mutation::weaken("pop", operation::store, sequential), "a fiber was taken twice");
    check_finds<deque>(within, mutation::weaken("pop", operation::load, sequential), "a fiber was taken twice");
    check_finds<deque>(within, mutation::weaken("steal", operation::load, sequential), "a fiber was taken twice");
}

TEST_CASE("a slot gives each fiber to its owner or to a thief, with its contents", "[model][owner_slot]") {
    bounds const within{.preemptions = 3, .stale_reads = 3};
    check_holds<slot>(within);
    check_finds<slot>(within, mutation::drop("take_away", operation::heavy_fence), "a fiber was taken twice");
    check_finds<slot>(within, mutation::weaken("exchange", operation::store, release), "x");
    check_finds<slot>(within, mutation::weaken("enter", operation::load, acquire), "x");
    check_finds<slot>(within, mutation::weaken("take_away", operation::load, acquire), "x");
    check_finds<slot>(within, mutation::weaken("take_away", operation::store, release), "x");
    check_finds<slot>(within, mutation::weaken("enter", operation::store, release), "x");
}
