// The idle protocol: whoever publishes work sees a sleeper, or the sleeper sees the work.
#include "idle_world.hpp"
#include "model_test.hpp"

using weft_model::bounds;
using weft_model::check_finds;
using weft_model::check_holds;
using weft_model::choose;
using weft_model::idle_world;
using weft_model::mutation;
using weft_model::operation;
using weft_model::require;

namespace {

// Two fibers from outside. The first may keep its worker for ever; then the other worker has to come for the second.
struct injected_twice : idle_world {
    injected_twice() : idle_world(2, 0, 1) {}
    void other(std::size_t) override {
        inject([this] {
            if (choose(2) == 1) never.rest();
        });
        inject([] {});
    }
    void finish() override {
        idle_world::finish();
        require(at(0).has_started() && at(1).has_started(), "a fiber was never started");
    }
    weft_model::gate never;
};

// A fiber makes three more runnable, and may then compute for ever: then others have to fetch what is more than its worker's own.
struct made_by_a_worker : idle_world {
    made_by_a_worker() : idle_world(2, 0, 1) {}
    void other(std::size_t) override {
        inject([this] {
            for (int i = 0; i != 3; ++i) make_ready([] {});
            if (choose(2) == 1) never.rest();
        });
    }
    weft_model::gate never;
};

// The monitor looks at a worker whose fiber ends just then.
struct seen_leaving : idle_world {
    seen_leaving() : idle_world(1, 0, 2) {}
    std::size_t settled() const override { return 2; }
    void other(std::size_t number) override {
        if (number == 0) {
            inject([this] {
                inside.open();
                leave.pass();
            });
            inside.pass();
        } else {
            leave.open();
            runtime().mark_away(*runtime().workers()[0]);
        }
    }
    weft_model::gate inside, leave;
};

// The worker comes back from a blocking call, so that its spare is one too many; and work comes, of which the spare may be told.
struct spare_retires : idle_world {
    spare_retires() : idle_world(1, 1, 3) {}
    std::size_t settled() const override { return 3; }
    void other(std::size_t number) override {
        weft::detail::runtime_core& rt = runtime();
        weft::detail::worker& blocked = *rt.workers()[0];
        switch (number) {
        case 0:
            inject([this] {
                inside.open();
                leave.pass();
            });
            inside.pass();
            rt.mark_away(blocked);
            rt.count_blocked(blocked);
            inject([this] { done_by_spare.open(); });
            rt.call_spares();
            done_by_spare.pass();
            break;
        case 1: leave.open(); break;
        default: inject([] {}); break;
        }
    }
    void finish() override {
        idle_world::finish();
        require(at(2).has_started(), "a fiber was never started");
    }
    weft_model::gate inside, leave, done_by_spare;
};

constexpr char const* beside_work = "a worker sleeps beside work that it could do";

}  // namespace

TEST_CASE("work from outside wakes a sleeper, whoever searches just then", "[model][idle]") {
    check_holds<injected_twice>("idle, two injections", {.preemptions = 3, .stale_reads = 2});
    bounds const narrow{.preemptions = 2, .stale_reads = 1};
    check_finds<injected_twice>(beside_work, narrow, mutation::drop("wake_one", operation::full_fence));
    check_finds<injected_twice>(beside_work, narrow, mutation::drop("sleep", operation::full_fence));
    // Whoever ends a search looks once more: a producer may have relied on it.
    check_finds<injected_twice>(beside_work, narrow, mutation::drop("main", operation::full_fence));
}

TEST_CASE("work that a worker makes for others wakes one of them", "[model][idle]") {
    check_holds<made_by_a_worker>("idle, work made by a worker", {.preemptions = 2, .stale_reads = 2});
    bounds const narrow{.preemptions = 2, .stale_reads = 1};
    check_finds<made_by_a_worker>(beside_work, narrow, mutation::drop("wake_one", operation::full_fence));
}

TEST_CASE("a worker that sleeps is not taken for a stuck one", "[model][idle]") {
    check_holds<seen_leaving>("idle, seen leaving", {.preemptions = 3, .stale_reads = 3});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    char const* const taken = "a worker sleeps, and is taken for a stuck one";
    check_finds<seen_leaving>(taken, narrow, mutation::drop("mark_away", operation::full_fence));
    check_finds<seen_leaving>(taken, narrow, mutation::drop("sleep", operation::full_fence));
}

TEST_CASE("a spare that retires passes on what it was woken for", "[model][idle][spares]") {
    check_holds<spare_retires>("idle, spare retires", {.preemptions = 2, .stale_reads = 1});
    bounds const narrow{.preemptions = 2, .stale_reads = 1};
    check_finds<spare_retires>(beside_work, narrow, mutation::drop("wake_one", operation::full_fence));
}
