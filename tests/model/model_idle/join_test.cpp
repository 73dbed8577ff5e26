// Joins among workers: the joined fiber replaces its joiner, ends beside it, or leaves the worker to it. fiber.cpp, wait.cpp and
// worker.cpp as they are.
#include <weft/detail/fiber_handle.hpp>
#include <weft/error.hpp>

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
using weft_model::task;

namespace {

constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto acquire = std::memory_order_acquire;

// A fiber that makes another and joins it, on the same worker or perhaps beside it, and may be cancelled meanwhile; then the end of
// the handle waits once more.
template <bool Cancelled>
struct joins : idle_world {
    joins() : idle_world(2, 0, 1) {}

    void other(std::size_t) override {
        idle_world::inject([this] { join_one(); });
    }
    void join_one() {
        // By a fiber, for a plain thread inside the runtime would have to come out of it before this execution can be abandoned.
        if (Cancelled) idle_world::inject([this] { at(0).cancel(); });
        task& joined = make_joinable([this] { result.set(1); });
        if (choose(2) == 0)
            weft::detail::current_worker()->ready(joined);
        else
            idle_world::inject(joined);
        {
            weft::detail::fiber_handle handle(joined);
            try {
                handle.wait_to_join();
                require(result.get() == 1, "the result did not arrive");
            } catch (weft::cancelled const&) {}
        }
        require(result.get() == 1, "the result did not arrive");
        was_left = was_left || joined.left_to_joiner;
        was_beside = was_beside || !joined.left_to_joiner;
        done = true;
    }
    void finish() override {
        idle_world::finish();
        require(done, "a joiner was never woken");
        for (std::size_t n = 0; n != made(); ++n)
            require(at(n).is_recycled(), "the stack of a fiber that has ended is still held");
    }
    weft_model::handed_over<int> result;
    bool done = false;
    // In any execution: the worker was left to the joiner, or was not.
    static inline bool was_left = false, was_beside = false;
};

}  // namespace

TEST_CASE("a joiner gets the result and the last reference, whichever worker the joined fiber ends on",
          "[model][join]") {
    using one = joins<false>;
    check_holds<one>("join among workers", {.preemptions = 3, .stale_reads = 2});
    CHECK(one::was_left);
    CHECK(one::was_beside);
    check_holds<joins<true>>("join among workers, cancelled", {.preemptions = 2, .stale_reads = 1});
    bounds const narrow{.preemptions = 2, .stale_reads = 1};
    char const* const old_result = "data was read that was not handed over";
    check_finds<one>(old_result, narrow, mutation::weaken("announce_end", operation::modify, acq_rel));
    check_finds<one>("a stack went back on which somebody stands", narrow,
                     mutation::weaken("release", operation::modify, acq_rel));
    check_finds<joins<true>>("a joiner was never woken", narrow,
                             mutation::blind("await_publication", acquire, weft::detail::fiber_control::joining));
}
