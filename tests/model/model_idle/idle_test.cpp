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

}  // namespace

TEST_CASE("work from outside wakes a sleeper, whoever searches just then", "[model][idle]") {
    check_holds<injected_twice>("idle, two injections", {.preemptions = 2, .stale_reads = 1});
    bounds const narrow{.preemptions = 2, .stale_reads = 1};
    check_finds<injected_twice>("x", narrow, mutation::drop("wake_one", operation::full_fence));
    check_finds<injected_twice>("x", narrow, mutation::drop("sleep", operation::full_fence));
    check_finds<injected_twice>("x", narrow, mutation::drop("main", operation::full_fence));
}
