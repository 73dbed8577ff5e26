// Claim, park, ready: one waker wins, the sleeper wakes once, has left its stack, and sees what the winner did.
#include <weft/detail/fiber_handle.hpp>
#include <weft/detail/join_source.hpp>
#include <weft/detail/spin_lock.hpp>
#include <weft/detail/wait.hpp>
#include <weft/detail/waiter.hpp>
#include <weft/error.hpp>

#include <cstdint>

#include "model_fiber.hpp"
#include "model_test.hpp"

using weft::detail::interruptible;
using weft::detail::publication;
using weft::detail::tag_cancelled;
using weft::detail::wait;
using weft::detail::wait_tag;
using weft::detail::wait_token;
using weft_model::bounds;
using weft_model::check_finds;
using weft_model::check_holds;
using weft_model::mutation;
using weft_model::operation;
using weft_model::require;

namespace {

constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr weft::detail::wait_reason sleeping{"model"};

constexpr char const* old_data = "data was read that was not handed over";
constexpr char const* lost = "nobody can go on, and for ever thread 0 waits in park_then";
constexpr char const* too_early = "a fiber was resumed before it had left its stack";
constexpr char const* overwritten = "data was overwritten that was not handed over";

// Waits of one fiber, one after the other, and two wakers without a lock. The first is told of each wait. The second takes the
// generation from the claim word, as cancellers do, and may come when that wait is over and the next has begun.
struct tokens : weft_model::fiber_scenario<1, 2> {
    static constexpr std::size_t waits = 2;

    void fiber(std::size_t) override {
        for (auto& k : known) {
            wait w(sleeping, nullptr);
            k.store(w.token().generation, release);
            wait_tag const winner = w.park();
            require(value.get() == static_cast<int>(winner), "the winner's value did not arrive");
        }
    }
    void other(std::size_t number) override {
        for (auto& k : known) {
            std::uint64_t generation = 0;
            if (number == 0) {
                while ((generation = k.load(acquire)) == 0) weft::detail::cpu_relax();
            } else {
                generation = fibers[0].generation();
            }
            wait_token const token{&fibers[0], generation};
            if (!token.try_claim()) continue;
            value.set(static_cast<int>(number));
            token.who->deliver(static_cast<wait_tag>(number));
        }
    }
    weft::detail::atomic<std::uint64_t> known[waits];
    weft_model::handed_over<int> value;
};

// A wait that a cancellation, a waker and the sleeper itself compete for.
template <std::size_t Wakers, std::size_t Cancellers>
struct cancelled_early : weft_model::fiber_scenario<1, Wakers + Cancellers> {
    void fiber(std::size_t) override {
        wait w(sleeping, nullptr);
        known.store(w.token().generation, release);
        if (w.cancelled()) return;  // what was won meanwhile is waited for by the destructor
        wait_tag const winner = w.park();
        if (winner != tag_cancelled)
            require(value.get() == static_cast<int>(winner), "the winner's value did not arrive");
    }
    void other(std::size_t number) override {
        weft::detail::waiter& sleeper = this->fibers[0];
        if (number >= Wakers) return sleeper.cancel();
        std::uint64_t generation = 0;
        while ((generation = known.load(acquire)) == 0) weft::detail::cpu_relax();
        if (!wait_token{&sleeper, generation}.try_claim()) return;
        value.set(static_cast<int>(number));
        sleeper.deliver(static_cast<wait_tag>(number));
    }
    weft::detail::atomic<std::uint64_t> known{0};
    weft_model::handed_over<int> value;
};

// Late waits: all wakers come by one lock, which the sleeper keeps until it has left its stack.
template <std::size_t Wakers, std::size_t Cancellers, std::size_t Waits = 1>
struct late : weft_model::fiber_scenario<1, Wakers + Cancellers> {
    void fiber(std::size_t) WEFT_NO_THREAD_SAFETY_ANALYSIS override {
        for (std::size_t i = 0; i != Waits; ++i) {
            lock.lock();
            if (waiting_values.get() != 0) {
                waiting_values.set(waiting_values.get() - 1);
                lock.unlock();
                continue;
            }
            wait w(sleeping, nullptr, i == 0 ? interruptible::yes : interruptible::no, publication::late);
            if (w.cancelled()) {
                lock.unlock();
                continue;
            }
            node.set(w.token());
            wait_tag const winner = w.park_then(&unlock, this);
            if (winner == tag_cancelled) {
                require(i == 0, "a shielded wait was cancelled");
                lock.lock();
                node.set({});
                lock.unlock();
            } else {
                require(value.get() == 1, "the winner's value did not arrive");
            }
        }
    }
    static bool unlock(void* self) noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS {
        static_cast<late*>(self)->lock.unlock();
        return false;
    }
    void other(std::size_t number) override {
        if (number >= Wakers) return this->fibers[0].cancel();
        lock.lock();
        wait_token const token = node.get();
        node.set({});
        bool const won = token && token.try_claim();
        if (!won) waiting_values.set(waiting_values.get() + 1);
        lock.unlock();
        if (!won) return;
        value.set(1);
        token.who->deliver(0);
    }
    weft::detail::spin_lock lock;
    weft_model::handed_over<wait_token> node;
    weft_model::handed_over<int> waiting_values;
    weft_model::handed_over<int> value;
};

// A join that is cancelled, then the one that a handle's destructor does; sched/fiber.cpp as it is.
struct join : weft_model::fiber_scenario<1, 2> {
    join() {
        static constexpr weft::detail::fiber_operations nothing{[](void*) {}, [](void*) noexcept {},
                                                                [](void*) noexcept {}};
        joined.operations = &nothing;
    }
    void fiber(std::size_t) override {
        {
            weft::detail::fiber_handle handle(joined);
            try {
                handle.wait_to_join();
                require(result.get() == 1, "the result did not arrive");
            } catch (weft::cancelled const&) {}
        }
        require(result.get() == 1, "the result did not arrive");
    }
    void other(std::size_t number) override {
        if (number == 1) return fibers[0].cancel();
        result.set(1);
        weft::detail::announce_end(joined);
    }
    weft_model::model_fiber joined;
    weft_model::handed_over<int> result;
};

}  // namespace

TEST_CASE("of two wakers one wakes each wait, and the sleeper sees what it did", "[model][waiter]") {
    check_holds<tokens>("wait, two wakers", {.preemptions = 2, .stale_reads = 2});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<tokens>(old_data, narrow, mutation::weaken("is_parked_on_delivery", operation::modify, acq_rel));
    check_finds<tokens>(too_early, narrow, mutation::weaken("set_parked", operation::modify, acq_rel));
    check_finds<tokens>(overwritten, narrow, mutation::weaken("begin", operation::store, release));
    check_finds<tokens>(overwritten, narrow, mutation::weaken("try_claim", operation::compare, acq_rel));
}

TEST_CASE("a cancellation wakes a wait or is seen before it, and takes nothing from a waker", "[model][waiter]") {
    check_holds<cancelled_early<0, 1>>("wait, cancelled", {.preemptions = 5, .stale_reads = 5});
    check_holds<cancelled_early<1, 1>>("wait, waker and canceller", {.preemptions = 3, .stale_reads = 3});
    check_holds<cancelled_early<1, 2>>("wait, waker and two cancellers", {.preemptions = 2, .stale_reads = 2});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<cancelled_early<0, 1>>(lost, narrow, mutation::drop("cancel", operation::heavy_fence));
    check_finds<cancelled_early<0, 1>>(lost, narrow, mutation::blind("is_cancelled", acquire, 0));
}

TEST_CASE("a late wait is published once it is parked, and is cancelled before or after", "[model][waiter]") {
    check_holds<late<1, 0>>("late wait, waker", {.preemptions = 5, .stale_reads = 5});
    check_holds<late<0, 1>>("late wait, cancelled", {.preemptions = 5, .stale_reads = 5});
    check_holds<late<1, 1>>("late wait, waker and canceller", {.preemptions = 3, .stale_reads = 3});
    check_holds<late<2, 1, 2>>("late waits, two wakers and a canceller", {.preemptions = 1, .stale_reads = 2});
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    check_finds<late<0, 1>>(lost, narrow, mutation::drop("cancel", operation::heavy_fence));
    check_finds<late<0, 1>>(lost, narrow, mutation::blind("is_cancelled", acquire, 0));
    check_finds<late<0, 1>>(too_early, narrow, mutation::weaken("set", operation::store, release));
    check_finds<late<0, 1>>(lost, narrow, mutation::drop("set", operation::store, release));
}

TEST_CASE("a join that was cancelled leaves nothing behind for the next one", "[model][join]") {
    check_holds<join>("join", {.preemptions = 3, .stale_reads = 2});
    bounds const narrow{.preemptions = 3, .stale_reads = 2};
    // Not to wait for the announcement that the joiner's own worker has still to make.
    check_finds<join>(too_early, narrow,
                      mutation::blind("await_publication", acquire, weft::detail::fiber_control::joining));
    check_finds<join>(lost, narrow, mutation::weaken("announce_end", operation::modify, acq_rel));
}
