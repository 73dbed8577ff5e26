// The biased lock: granted, used by its owner, revoked while the owner is inside or on its way in, granted to another. One holds
// it at a time, sees what the last one did, and nobody waits for ever.
#include <weft/detail/atomic.hpp>
#include <weft/detail/biased_lock.hpp>

#include <cstddef>

#include "model_test.hpp"

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

constexpr char const* old_data = "data was read that was not handed over";

// A lock that whoever takes it three times in a row is granted, and what it guards.
struct guarded {
    /// True: the lock is granted to the caller from now on.
    bool use() WEFT_NO_THREAD_SAFETY_ANALYSIS {
        lock.lock();
        lock.count_use();
        bool const granted = lock.is_granted();
        inside.set(inside.get() + 1);
        lock.unlock();
        return granted;
    }
    weft::detail::basic_biased_lock<1, 2> lock;
    weft_model::handed_over<int> inside;
};

// The first thread begins as the owner. Each uses the lock as often as said.
template <int... Uses>
struct revoked : weft_model::scenario {
    static constexpr int uses[] = {Uses...};
    static constexpr int earned = 3;  // uses before the beginning

    revoked() {
        for (int i = 0; i != earned; ++i) it.use();
        require(it.lock.is_granted(), "a lock was not granted to its only user");
    }
    std::size_t threads() const override { return sizeof...(Uses); }
    void run(std::size_t thread) override {
        for (int i = 0; i != uses[thread]; ++i)
            if (it.use() && thread != 0) passed_on = true;
    }
    void finish() override { require(it.inside.get() == (earned + ... + Uses), "somebody was not let in"); }

    guarded it;
    static inline bool passed_on = false;  // in any execution: the lock was granted to another thread
};

// The second thread comes when the owner has been inside, or still is.
struct comes_after : weft_model::scenario {
    comes_after() {
        while (!it.use()) {}
    }
    std::size_t threads() const override { return 2; }
    void run(std::size_t thread) WEFT_NO_THREAD_SAFETY_ANALYSIS override {
        if (thread == 1)
            while (!entered.load(relaxed)) weft::detail::cpu_relax();
        it.lock.lock();
        entered.store(true, relaxed);
        it.lock.is_granted();  // the other may come now
        it.inside.set(it.inside.get() + 1);
        it.lock.unlock();
    }
    guarded it;
    weft::detail::atomic<bool> entered{false};
};

}  // namespace

TEST_CASE("a biased lock lets in one at a time, who sees what the last one did", "[model][biased_lock]") {
    check_holds<revoked<1, 1>>("biased lock, revoked", {.preemptions = 100, .stale_reads = 100});
    check_holds<revoked<4, 2>>("biased lock, its owner comes back", {.preemptions = 4, .stale_reads = 3});
    check_holds<revoked<1, 1, 1>>("biased lock, two revoke it", {.preemptions = 4, .stale_reads = 4});
    check_holds<revoked<2, 1, 1>>("biased lock, two revoke it, its owner comes back",
                                  {.preemptions = 3, .stale_reads = 2});
}

TEST_CASE("a biased lock is granted to another once its owner has come back", "[model][biased_lock]") {
    using passing = revoked<2, 5>;
    passing::passed_on = false;
    check_holds<passing>("biased lock, passed on", {.preemptions = 4, .stale_reads = 3});
    CHECK(passing::passed_on);
    using passing_by = revoked<1, 5, 1>;
    passing_by::passed_on = false;
    check_holds<passing_by>("biased lock, passed on, and a third", {.preemptions = 2, .stale_reads = 2});
    CHECK(passing_by::passed_on);
}

TEST_CASE("a biased lock without one of its fences or orders lets in two", "[model][biased_lock]") {
    bounds const narrow{.preemptions = 2, .stale_reads = 2};
    using once = revoked<1, 1>;
    check_finds<once>(old_data, narrow, mutation::drop("end_grant", operation::heavy_fence));
    check_finds<once>(old_data, narrow, mutation::drop("end_grant", operation::store, relaxed));
    check_finds<once>(old_data, narrow, mutation::weaken("end_grant", operation::load, acquire));
    // Not to wait for the owner.
    check_finds<once>(old_data, narrow, mutation::blind("end_grant", acquire, 0));
    // Not to see that it is granted.
    check_finds<once>(old_data, narrow, mutation::blind("lock_shared", relaxed, 0));
    // An owner that does not say that it is inside, and one that does not look whether it still is the owner.
    check_finds<once>(old_data, narrow, mutation::drop("enter", operation::store, relaxed));
    check_finds<once>(old_data, narrow, mutation::blind("enter", relaxed, weft::detail::this_thread_mark()));
    check_finds<comes_after>(old_data, narrow, mutation::weaken("unlock", operation::store, release));
    // To grant it to another while its owner may be on its way in.
    check_finds<revoked<1, 4>>(old_data, narrow, mutation::blind("review", relaxed, 0));
    // A revoker that takes itself for the one that is named.
    check_finds<once>(old_data, narrow, mutation::blind("is_named", relaxed, 2 * weft::detail::this_thread_mark()));
}
