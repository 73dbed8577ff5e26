// What the memory model allows and what it forbids: the litmus tests of the literature.
#include <weft/detail/asymmetric_fence.hpp>
#include <weft/detail/atomic.hpp>

#include "support/catch.hpp"

using weft::detail::atomic;
using weft_model::explore;
using weft_model::require;

namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto sequential = std::memory_order_seq_cst;

// Nothing is left out: these are small.
constexpr weft_model::bounds everything{.preemptions = 100, .stale_reads = 100};

using no_fence = void (*)();
void nothing() {}
void full() { weft::detail::full_fence(); }
void light() { weft::detail::light_fence(); }
void heavy() { weft::detail::heavy_fence(); }

// Each stores one flag and looks at the other's. `first` and `second` stand in between.
template <std::memory_order Store, std::memory_order Load, no_fence First = nothing, no_fence Second = nothing>
struct store_buffering : weft_model::scenario {
    std::size_t threads() const override { return 2; }
    void run(std::size_t thread) override {
        (thread == 0 ? x : y).store(1, Store);
        constexpr no_fence between[] = {First, Second};
        between[thread]();
        saw[thread] = (thread == 0 ? y : x).load(Load);
    }
    void finish() override { require(saw[0] == 1 || saw[1] == 1, "neither saw the other"); }
    atomic<int> x{0}, y{0};
    int saw[2] = {};
};

template <std::memory_order Store, std::memory_order Load>
struct message_passing : weft_model::scenario {
    std::size_t threads() const override { return 2; }
    void run(std::size_t thread) override {
        if (thread == 0) {
            message.set(1);
            sent.store(true, Store);
        } else if (sent.load(Load)) {
            require(message.get() == 1, "an old message");
        }
    }
    weft_model::handed_over<int> message;
    atomic<bool> sent{false};
};

// The second thread passes on by a read-modify-write what the first released.
struct release_sequence : weft_model::scenario {
    std::size_t threads() const override { return 3; }
    void run(std::size_t thread) override {
        if (thread == 0) {
            message.set(1);
            turn.store(1, release);
        } else if (thread == 1) {
            int expected = 1;
            turn.compare_exchange_strong(expected, 2, relaxed);
        } else if (turn.load(acquire) == 2) {
            require(message.get() == 1, "an old message");
        }
    }
    weft_model::handed_over<int> message;
    atomic<int> turn{0};
};

// Two readers see two independent writes in opposite orders.
template <std::memory_order Order>
struct independent_reads : weft_model::scenario {
    std::size_t threads() const override { return 4; }
    void run(std::size_t thread) override {
        switch (thread) {
        case 0: x.store(1, Order == sequential ? sequential : release); break;
        case 1: y.store(1, Order == sequential ? sequential : release); break;
        case 2:
            saw[0] = x.load(Order);
            saw[1] = y.load(Order);
            break;
        case 3:
            saw[2] = y.load(Order);
            saw[3] = x.load(Order);
            break;
        default: break;
        }
    }
    void finish() override {
        require(!(saw[0] == 1 && saw[1] == 0 && saw[2] == 1 && saw[3] == 0), "two orders of two writes");
    }
    atomic<int> x{0}, y{0};
    int saw[4] = {};
};

struct coherence : weft_model::scenario {
    std::size_t threads() const override { return 2; }
    void run(std::size_t thread) override {
        if (thread == 0) {
            x.store(1, relaxed);
            x.store(2, relaxed);
        } else {
            int const first = x.load(relaxed);
            require(x.load(relaxed) >= first, "a location went back in time");
        }
    }
    atomic<int> x{0};
};

struct lost_update : weft_model::scenario {
    std::size_t threads() const override { return 3; }
    void run(std::size_t) override { x.store(x.load(relaxed) + 1, relaxed); }
    void finish() override { require(x.load(relaxed) == 3, "an update was lost"); }
    atomic<int> x{0};
};

struct counted : weft_model::scenario {
    std::size_t threads() const override { return 3; }
    void run(std::size_t) override { x.fetch_add(1, relaxed); }
    void finish() override { require(x.load(relaxed) == 3, "an update was lost"); }
    atomic<int> x{0};
};

struct waits_for_ever : weft_model::scenario {
    std::size_t threads() const override { return 2; }
    void run(std::size_t thread) override {
        if (thread == 0)
            x.store(1, release);
        else if (x.load(acquire) == 0)
            g.pass();
    }
    atomic<int> x{0};
    weft_model::gate g;
};

struct spins : weft_model::scenario {
    std::size_t threads() const override { return 2; }
    void run(std::size_t thread) override {
        if (thread == 0) {
            message.set(1);
            x.store(1, release);
        } else {
            while (x.load(acquire) == 0) weft::detail::cpu_relax();
            require(message.get() == 1, "an old message");
        }
    }
    weft_model::handed_over<int> message;
    atomic<int> x{0};
};

template <class Scenario>
bool holds() {
    weft_model::result const r = explore<Scenario>(everything);
    INFO(r.text());
    CHECK(r.complete == r.violation.empty());
    return r.holds();
}

}  // namespace

TEST_CASE("two threads that store and then look may miss each other, unless both fence", "[model][litmus]") {
    CHECK_FALSE(holds<store_buffering<relaxed, relaxed>>());
    CHECK_FALSE(holds<store_buffering<release, acquire>>());
    CHECK_FALSE(holds<store_buffering<relaxed, relaxed, full>>());
    CHECK_FALSE(holds<store_buffering<sequential, acquire>>());
    CHECK(holds<store_buffering<relaxed, relaxed, full, full>>());
    CHECK(holds<store_buffering<sequential, sequential>>());
}

TEST_CASE("a heavy fence makes up for a light one on the other side", "[model][litmus]") {
    CHECK(holds<store_buffering<relaxed, relaxed, light, heavy>>());
    CHECK(holds<store_buffering<relaxed, relaxed, heavy, heavy>>());
    CHECK_FALSE(holds<store_buffering<relaxed, relaxed, light, light>>());
    CHECK_FALSE(holds<store_buffering<relaxed, relaxed, light, full>>());
}

TEST_CASE("a message arrives with its flag if the flag is released and acquired", "[model][litmus]") {
    CHECK(holds<message_passing<release, acquire>>());
    CHECK_FALSE(holds<message_passing<relaxed, acquire>>());
    CHECK_FALSE(holds<message_passing<release, relaxed>>());
    CHECK(holds<release_sequence>());
}

TEST_CASE("only sequentially consistent accesses have one order for all", "[model][litmus]") {
    CHECK(holds<independent_reads<sequential>>());
    CHECK_FALSE(holds<independent_reads<acquire>>());
}

TEST_CASE("one location has one order, and read-modify-writes lose nothing", "[model][litmus]") {
    CHECK(holds<coherence>());
    CHECK(holds<counted>());
    CHECK_FALSE(holds<lost_update>());
}

TEST_CASE("a thread that waits for ever is found, and one that spins is let through", "[model][litmus]") {
    CHECK_FALSE(holds<waits_for_ever>());
    CHECK(holds<spins>());
}

TEST_CASE("a violation comes with the operations that led to it", "[model][litmus]") {
    weft_model::result const r = explore<message_passing<relaxed, acquire>>(everything);
    CHECK(r.violation == "data was read that was not handed over");
    CHECK(r.trace.find("thread 0  run (litmus_test.cpp:") != std::string::npos);
    CHECK(r.trace.find("relaxed <- 1") != std::string::npos);
}

TEST_CASE("what is beyond the bound is not looked at", "[model][litmus]") {
    CHECK(explore<lost_update>({.preemptions = 0, .stale_reads = 0}).holds());
    CHECK_FALSE(explore<lost_update>({.preemptions = 1, .stale_reads = 0}).holds());
    CHECK_FALSE(explore<counted>({.executions = 1}).complete);
}
