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

// Fibers from outside. The last but one may keep its worker for ever; then the other worker has to come for the last.
template <int Fibers>
struct injected : idle_world {
    injected() : idle_world(2, 0, 1) {}
    void other(std::size_t) override {
        for (int n = 1; n <= Fibers; ++n)
            inject([this, n] {
                if (n == Fibers - 1 && choose(2) == 1) never.rest();
            });
    }
    void finish() override {
        idle_world::finish();
        for (std::size_t n = 0; n != Fibers; ++n) require(at(n).has_started(), "a fiber was never started");
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

// A worker comes back from a blocking call, so that its spare is one too many; and work comes, of which the spare may be told. The
// other worker sleeps. As above, the first of two fibers may keep whoever takes it.
struct spare_retires : idle_world {
    spare_retires() : idle_world(2, 1, 3) {}
    std::size_t settled() const override { return 4; }
    void other(std::size_t number) override {
        switch (number) {
        case 0: return block_and_call_spare();
        case 1: return blocks.leave.open();
        default:
            inject([this] {
                if (choose(2) == 1) never.rest();
            });
            inject([] {});
        }
    }
    void finish() override {
        idle_world::finish();
        for (std::size_t n = 0; n != made(); ++n) require(at(n).has_started(), "a fiber was never started");
    }

private:
    // A fiber that stays until it is let go.
    struct stay {
        weft_model::gate inside, leave;
    };

    // One worker blocked, the other busy: a spare begins. Then the other falls asleep, and the spare after it.
    void block_and_call_spare() {
        weft::detail::runtime_core& rt = runtime();
        keep(blocks);
        weft::detail::worker* const blocked = with_a_fiber();
        keep(computes);
        rt.mark_away(*blocked);
        rt.count_blocked(*blocked);
        stay& by_spare = lasts;
        inject([&by_spare] {
            by_spare.inside.open();
            by_spare.leave.pass();
        });
        rt.call_spares();
        by_spare.inside.pass();
        computes.leave.open();
        while (rt.idle() != 1) weft::detail::cpu_relax();
        by_spare.leave.open();
    }
    void keep(stay& s) {
        inject([&s] {
            s.inside.open();
            s.leave.pass();
        });
        s.inside.pass();
    }
    weft::detail::worker* with_a_fiber() {
        for (auto const& w : runtime().workers())
            if (w->running() != nullptr) return w.get();
        return nullptr;
    }

    stay blocks, computes, lasts;
    weft_model::gate never;
};

constexpr char const* beside_work = "a worker sleeps beside work that it could do";

}  // namespace

TEST_CASE("work from outside wakes a sleeper, whoever searches just then", "[model][idle]") {
    check_holds<injected<2>>("idle, two injections", {.preemptions = 2, .stale_reads = 2});
    check_holds<injected<3>>("idle, three injections", {.preemptions = 2, .stale_reads = 1});
    bounds const narrow{.preemptions = 2, .stale_reads = 1};
    check_finds<injected<2>>(beside_work, narrow, mutation::drop("wake_one", operation::full_fence));
    check_finds<injected<2>>(beside_work, narrow, mutation::drop("sleep", operation::full_fence));
    // Whoever ends a search looks once more: a producer may have relied on it.
    check_finds<injected<2>>(beside_work, narrow, mutation::drop("main", operation::full_fence));
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
    check_holds<spare_retires>("idle, spare retires", {.preemptions = 1, .stale_reads = 1});
    bounds const narrow{.preemptions = 2, .stale_reads = 1};
    check_finds<spare_retires>(beside_work, narrow, mutation::drop("wake_one", operation::full_fence));
}
