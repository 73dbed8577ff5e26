#pragma once
// A spin lock that costs its usual user no locked instruction.
//
// Most channels are used by the fibers of one worker for a long time. A lock that one thread has taken thousands of times in a
// row is *granted* to it: from then on that thread takes and releases it by plain stores. Whoever else comes *revokes* the
// grant, and it is a spin lock like any other, until one thread has earned it again.
//
//     owner:   grant_ names it?  inside_ = true;  light_fence();  does grant_ still?  It holds the lock. Else out again.
//     other:   takes shared_;  sees a grant:  grant_ = revoked;  heavy_fence();  waits until inside_ is false
//
// Invariants: the lock is held by the thread that grant_ names and that is inside, or by whoever has shared_ and has revoked
//             the grant it saw, and never by both. Only holders write grant_.
//             inside_ is written by the thread that grant_ names, revoked or not. Only that thread itself takes its name out,
//             as a holder: then it is not on its way in, and the next one that is named finds nobody else's hand at inside_.
// Cost:       a revocation takes a heavy fence, some 10 µs. A grant has to be earned by 4,000 uses in a row each time, so
//             however threads take turns, it is about as much as a locked instruction per use.
// Rejected:   granting a new lock to whoever comes first: a channel that only carries one answer to another worker would
//             cost 10 µs.

#include <weft/detail/asymmetric_fence.hpp>
#include <weft/detail/atomic.hpp>
#include <weft/detail/spin_lock.hpp>
#include <weft/detail/thread_mark.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

/// As a `spin_lock`. Released by the thread that took it. The numbers are those after which a grant is due.
template <unsigned UsesPerReview, unsigned ReviewsPerGrant>
class WEFT_CAPABILITY("biased lock") basic_biased_lock {
public:
    static constexpr unsigned uses_per_review = UsesPerReview;
    static constexpr unsigned reviews_per_grant = ReviewsPerGrant;

    void lock() noexcept WEFT_ACQUIRE() WEFT_NO_THREAD_SAFETY_ANALYSIS {
        if (!enter(this_thread_mark())) lock_shared();
    }
    void unlock() noexcept WEFT_RELEASE() WEFT_NO_THREAD_SAFETY_ANALYSIS {
        if (by_grant_)
            inside_.store(false, std::memory_order_release);
        else
            shared_.unlock();
    }

    /// By the holder, once per use. True at every 64th.
    bool count_use() noexcept {
        if (++uses_ % uses_per_review != 0) [[likely]]
            return false;
        review();
        return true;
    }

    /// A guess, for tests.
    bool is_granted() const noexcept {
        thread_mark const to = grant_.load(std::memory_order_relaxed);
        return to != nobody && (to & revoked) == 0;
    }

private:
    static constexpr thread_mark nobody = 0;
    static constexpr thread_mark revoked = 1;  // a bit of grant_

    bool is_named(thread_mark me) const noexcept { return (grant_.load(std::memory_order_relaxed) & ~revoked) == me; }

    bool enter(thread_mark me) noexcept {
        if (grant_.load(std::memory_order_relaxed) != me) return false;
        inside_.store(true, std::memory_order_relaxed);
        light_fence_where_asymmetric();  // pairs with the heavy one in end_grant; there are no grants elsewhere
        if (grant_.load(std::memory_order_relaxed) == me) [[likely]] {
            by_grant_ = true;
            return true;
        }
        // Release: what the revoker waits for includes all that was done in here before.
        inside_.store(false, std::memory_order_release);
        return false;
    }

    void lock_shared() noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS {
        shared_.lock();
        if (grant_.load(std::memory_order_relaxed) != nobody) [[unlikely]]
            end_grant();
        by_grant_ = false;
    }

    // By whoever has taken shared_ and finds a name in grant_.
    WEFT_NOINLINE void end_grant() noexcept {
        thread_mark const named = grant_.load(std::memory_order_relaxed);
        if (is_named(this_thread_mark())) {
            grant_.store(nobody, std::memory_order_relaxed);
            return;
        }
        if ((named & revoked) != 0) return;
        grant_.store(named | revoked, std::memory_order_relaxed);
        heavy_fence();  // pairs with the light one in enter
        // Acquire: pairs with the owner's release.
        for (patience waits; inside_.load(std::memory_order_acquire);) waits.wait();
    }

    // Does this thread have the lock to itself?
    WEFT_NOINLINE void review() noexcept {
        thread_mark const me = this_thread_mark();
        if (grant_.load(std::memory_order_relaxed) != nobody) return;  // its own, or the last owner has not come back
        constexpr unsigned low_zeros = 4;                              // thread pointers are aligned
        auto const shortened = static_cast<std::uint16_t>(me >> low_zeros ^ me >> 20);
        if (shortened != candidate_) {
            candidate_ = shortened;
            reviews_ = 0;
        } else if (++reviews_ == reviews_per_grant) {
            reviews_ = 0;
            if (fences_are_asymmetric) grant_.store(me, std::memory_order_relaxed);
        }
    }

    atomic<thread_mark> grant_{nobody};  // read by anybody
    atomic<bool> inside_{false};
    spin_lock shared_;
    // The holder's.
    bool by_grant_ = false;
    std::uint8_t uses_ = 0;
    std::uint8_t reviews_ = 0;     // in a row that found the same thread
    std::uint16_t candidate_ = 0;  // which: the low half of its mark, roughly
};

using biased_lock = basic_biased_lock<64, 64>;

class WEFT_SCOPED_CAPABILITY biased_guard {
public:
    explicit biased_guard(biased_lock& lock) noexcept WEFT_ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
    ~biased_guard() WEFT_RELEASE() { lock_.unlock(); }
    biased_guard(biased_guard const&) = delete;

private:
    biased_lock& lock_;
};

}  // namespace weft::detail
