// Scopes of contexts: the flag that a canceller raises is lowered by the fiber that leaves the scope, while the canceller is under
// way. cancel_scope.cpp and context_node.cpp as they are.
#include <weft/detail/cancel_scope.hpp>
#include <weft/detail/context_node.hpp>
#include <weft/detail/wait.hpp>
#include <weft/detail/waiter.hpp>

#include "model_fiber.hpp"
#include "model_test.hpp"

using weft::detail::cancel_node;
using weft::detail::cancel_scope;
using weft::detail::cancel_state;
using weft::detail::tag_cancelled;
using weft::detail::wait;
using weft::detail::wait_token;
using weft_model::bounds;
using weft_model::check_finds;
using weft_model::check_holds;
using weft_model::choose;
using weft_model::mutation;
using weft_model::operation;
using weft_model::require;

namespace {

constexpr auto acquire = std::memory_order_acquire;
constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto release = std::memory_order_release;
constexpr weft::detail::wait_reason sleeping{"model"};

constexpr char const* both_wait = "nobody can go on, and for ever thread 0 waits in park_then, thread 3 waits in other";
constexpr char const* lost = "nobody can go on, and for ever thread 0 waits in park_then";
constexpr char const* too_soon = "a wait was cancelled, and no context of its scopes";
constexpr char const* beyond = "a cancellation reached a wait beyond its scope";

// A context that the scenario owns: its counts never come down to nothing.
class node : public cancel_node {
public:
    node() noexcept : cancel_node(nullptr, weft::clock::time_point::max()) { hold_memory(); }
    ~node() override = default;

    weft::context handle() noexcept {
        hold();
        return weft::detail::context_access::adopt(this);
    }
};

// A fiber that may be in its scope when it is cancelled, or about to leave it, and waits afterwards for somebody else.
struct leaving : weft_model::fiber_scenario<1, 2> {
    void fiber(std::size_t) override {
        weft_model::model_fiber& self = fibers[0];
        scope.enter(self, self.scope, inner.handle());
        if (choose(2) == 1) {
            wait w(sleeping, nullptr);
            if (!w.cancelled()) require(w.park() == tag_cancelled, "a wait was woken that nobody woke");
        }
        scope.leave(self.scope);
        wait w(sleeping, nullptr);
        require(!w.cancelled(), beyond);
        known.store(w.token().generation, release);
        require(w.park() != tag_cancelled, beyond);
    }
    void other(std::size_t number) override {
        if (number == 0) {
            inner.cancel(cancel_state::cancelled, nullptr);
            return;
        }
        std::uint64_t generation = 0;
        while ((generation = known.load(acquire)) == 0) weft::detail::cpu_relax();
        require(wait_token{&fibers[0], generation}.wake(0), beyond);
    }
    node inner;
    cancel_scope scope;
    weft::detail::atomic<std::uint64_t> known{0};
};

// A fiber leaves a scope, and waits in the one further out until that is cancelled. The first canceller means the outer one.
template <std::size_t Cancellers>
struct nested : weft_model::fiber_scenario<1, Cancellers> {
    void fiber(std::size_t) override {
        weft_model::model_fiber& self = this->fibers[0];
        outer_scope.enter(self, self.scope, outer.handle());
        inner_scope.enter(self, self.scope, inner.handle());
        inner_scope.leave(self.scope);
        {
            wait w(sleeping, nullptr);
            if (!w.cancelled()) require(w.park() == tag_cancelled, "a wait was woken that nobody woke");
        }
        require(begun.load(acquire), too_soon);
        outer_scope.leave(self.scope);
        require(!self.is_cancelled(), beyond);
    }
    void other(std::size_t number) override {
        if (number == 0) begun.store(true, relaxed);
        (number == 0 ? outer : inner).cancel(cancel_state::cancelled, nullptr);
    }
    node outer, inner;
    cancel_scope outer_scope, inner_scope;
    weft::detail::atomic<bool> begun{false};
};

}  // namespace

TEST_CASE("a cancellation reaches a fiber in its scope and not beyond", "[model][scope]") {
    check_holds<leaving>("scope, left", {.preemptions = 3, .stale_reads = 2});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<leaving>(both_wait, narrow, mutation::drop("cancel", operation::heavy_fence));
    check_finds<leaving>(both_wait, narrow, mutation::blind("is_cancelled", acquire, 0));
    // To leave without looking at the flag.
    check_finds<leaving>(beyond, narrow, mutation::blind("is_cancelled_by", acquire, 0));
}

TEST_CASE("leaving a scope does not undo the cancellation of one further out", "[model][scope]") {
    check_holds<nested<1>>("scopes, outer one cancelled", {.preemptions = 4, .stale_reads = 4});
    check_holds<nested<2>>("scopes, both cancelled", {.preemptions = 3, .stale_reads = 2});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<nested<1>>(lost, narrow, mutation::blind("state", acquire, 0));
    check_finds<nested<2>>(lost, {.preemptions = 3, .stale_reads = 2},
                           mutation::weaken("lower_cancelled", operation::modify, acquire));
    check_finds<nested<1>>(too_soon, narrow, mutation::weaken("raise_cancelled", operation::modify, release));
}
