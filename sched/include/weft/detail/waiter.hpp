#pragma once
// Who sleeps, and the protocol by which exactly one of several wakers wakes it.
//
// A waiter is the part of a fiber (its control block) or of an OS thread (a pooled record) that can be asleep. Its
// memory is never given to anything else, so whoever holds a `wait_token` may try to claim it at any time, also long
// after that wait.
//
//     claim word:  | generation : 59 | LATE | SHIELDED | PARKED | DELIVERED | CLAIMED |
//
//     begin      the sleeper starts a wait: next generation; CLAIMED, DELIVERED, PARKED are cleared, all at once.
//     claim      a waker sets CLAIMED, if the generation is the one it knows and nobody was first. The winner owns the
//                waiter's result fields and, until it delivers, the sleeper's frame.
//     deliver    the winner sets DELIVERED. If PARKED was set, it makes the sleeper runnable; else it touches nothing
//                any more.
//     park       the sleeper has left its stack and sets PARKED. If DELIVERED was set, whoever sets PARKED makes it
//                runnable.
//
// A *late* wait becomes known only after the park: what publishes it (the unlock of the queue it is in, say) is done by
// whoever replaces the sleeper, after setting PARKED. So whoever claims it finds it parked, nobody else writes the word
// before, and neither DELIVERED nor a locked instruction is needed. Only cancellation comes without having been told.
//
//     cancel     sets the flag, heavy fence, then looks at the word: claims what sleeps; what has not begun, or is late and
//                not yet parked, has its look at the flag still to come.
//     begin, and a late wait's park:  store the word, light fence, look at the flag.
//
// Invariants: CLAIMED is set whenever no wait is going on, so that no stale claim can win; then only the owner writes
//             the word. DELIVERED => CLAIMED. Of DELIVERED and PARKED, who sets the second makes the sleeper ready,
//             exactly once; of a late wait, who claims it.
//             The generation never repeats, not even when the memory is reused for another fiber.
//             The flag stays set for the rest of the fiber's life. SHIELDED: this wait ignores cancellation.
// Rejected:   a waker that spins until the sleeper has parked: two parking fibers can each hold up the other.
//             Cancellation as a bit of the word: then no wait could begin, nor a late one park, by a plain store.

#include <weft/detail/asymmetric_fence.hpp>
#include <weft/detail/config.hpp>

#include <atomic>
#include <bit>
#include <cstdint>

namespace weft::detail {

/// What won a wait, as the client numbers it. These two are reserved.
using wait_tag = std::uint32_t;
inline constexpr wait_tag tag_cancelled = 0xffff'ffff;
inline constexpr wait_tag tag_timeout = 0xffff'fffe;

enum class interruptible : bool { no, yes };

/// When wakers get to know a wait: before the sleeper parks, or only once it has left its stack.
enum class publication : bool { early, late };

class ready_list;
struct fiber_control;

class waiter {
public:
    enum class kind : std::uint8_t { fiber, thread };

    static constexpr std::uint64_t claimed = 1;
    static constexpr std::uint64_t delivered = 2;
    static constexpr std::uint64_t parked = 4;
    static constexpr std::uint64_t settled = claimed | delivered | parked;
    static constexpr std::uint64_t shielded = 8;
    static constexpr std::uint64_t late = 16;
    static constexpr unsigned generation_shift = 5;

    explicit waiter(kind k, std::uint64_t first_generation) noexcept
        : word_(first_generation << generation_shift | settled), kind_(k) {}
    waiter(waiter const&) = delete;

    kind what() const noexcept { return kind_; }

    // ---- the sleeper's side

    /// Starts a wait and returns its generation. `was_cancelled` says whether a cancellation came before.
    std::uint64_t begin(interruptible may_cancel, publication when, bool& was_cancelled) noexcept {
        std::uint64_t const generation = (word_.load(std::memory_order_relaxed) >> generation_shift) + 1;
        // Release: the sleeper has read the last wait's result before the next winner, who may hold no lock, overwrites
        // it; pairs with the claim.
        word_.store(generation << generation_shift | (may_cancel == interruptible::yes ? 0 : shielded) |
                        (when == publication::late ? late : 0),
                    std::memory_order_release);
        light_fence();  // pairs with the heavy one in cancel
        was_cancelled = is_cancelled();
        return generation;
    }

    /// Ends a wait that never parked, by the sleeper itself, which has claimed it.
    void settle() noexcept { set(delivered | parked, std::memory_order_relaxed); }

    bool is_delivered() const noexcept { return (word_.load(std::memory_order_acquire) & delivered) != 0; }

    /// Publishes that the sleeper has left its stack. True: it was woken meanwhile, and the caller makes it ready.
    /// Acquire and release: pairs with deliver, in either order.
    bool set_parked() noexcept { return (word_.fetch_or(parked, std::memory_order_acq_rel) & delivered) != 0; }

    /// The same for a late wait, which nobody can have woken yet. True: it was cancelled, and the caller, who has
    /// claimed it now, makes it ready once the wait is published.
    bool set_parked_late() noexcept {
        // Release: pairs with the claim of a canceller.
        std::uint64_t const word = set(parked, std::memory_order_release);
        light_fence();  // pairs with the heavy one in cancel
        if ((word & shielded) != 0 || !is_cancelled()) [[likely]]
            return false;
        return claim_as(word >> generation_shift, tag_cancelled);
    }

    /// Claims and sets the result, for a sleeper that the caller itself makes ready.
    bool claim_as(std::uint64_t generation, wait_tag tag) noexcept {
        if (!try_claim(generation)) return false;
        won_by_ = tag;
        return true;
    }

    std::uint64_t generation() const noexcept { return word_.load(std::memory_order_relaxed) >> generation_shift; }

    /// Acquire: pairs with the release in cancel.
    bool is_cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }

    /// Parked and not claimed: a snapshot, for reports.
    bool is_asleep() const noexcept { return (word_.load(std::memory_order_acquire) & (parked | claimed)) == parked; }

    /// What the winner said. Valid after the wait, until the next.
    wait_tag won_by() const noexcept { return won_by_; }

    // ---- the wakers' side

    /// True: the caller has won this wait and must deliver. Never touches anything but the claim word.
    bool try_claim(std::uint64_t generation) noexcept {
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        do {
            if (word >> generation_shift != generation || (word & claimed) != 0) return false;
        } while (
            !word_.compare_exchange_weak(word, word | claimed, std::memory_order_acq_rel, std::memory_order_relaxed));
        return true;
    }

    /// By the winner, as its last access to anything the sleeper may destroy on waking.
    void deliver(wait_tag tag) noexcept {
        won_by_ = tag;
        if (is_parked_on_delivery()) make_ready(*this);
    }
    /// The same, but a fiber is put on `ready` instead of into a run queue.
    void deliver(wait_tag tag, ready_list& ready) noexcept;
    /// The same, but a fiber that may run on this worker is returned and runs when the caller switches to it.
    fiber_control* deliver_here(wait_tag tag) noexcept;

    /// Wakes an interruptible wait, and has all later ones throw. The caller makes sure that the fiber is still the one
    /// it means. In two steps, so that one fence may serve many fibers: `heavy_fence()` comes in between.
    void raise_cancelled() noexcept { cancelled_.store(true, std::memory_order_release); }
    void wake_cancelled() noexcept {
        std::uint64_t const word = word_.load(std::memory_order_acquire);
        if ((word & (claimed | shielded)) != 0) return;
        if ((word & (late | parked)) == late) return;  // it will look at the flag itself
        if (try_claim(word >> generation_shift)) deliver(tag_cancelled);
    }
    void cancel() noexcept {
        raise_cancelled();
        heavy_fence();
        wake_cancelled();
    }

protected:
    /// The waker's half of the hand-shake. True: the sleeper is parked, and the caller makes it ready.
    bool is_parked_on_delivery() noexcept {
        return (word_.load(std::memory_order_relaxed) & late) != 0 ||
               (word_.fetch_or(delivered, std::memory_order_acq_rel) & parked) != 0;
    }

    /// For a fiber that begins a new life on old memory: forgets the cancellation of the last one.
    void restart(std::uint64_t first_generation) noexcept {
        std::uint64_t const next = word_.load(std::memory_order_relaxed) >> generation_shift;
        std::uint64_t const generation = next > first_generation ? next : first_generation;
        word_.store((generation + 1) << generation_shift | settled, std::memory_order_relaxed);
        cancelled_.store(false, std::memory_order_relaxed);
    }

    /// The half of the claim word that holds its bits, for a thread to sleep on.
    std::uint32_t const* bits() const noexcept {
        static_assert(std::endian::native == std::endian::little, "the low half comes first");
        return reinterpret_cast<std::uint32_t const*>(&word_);
    }
    std::uint64_t word() const noexcept { return word_.load(std::memory_order_acquire); }

private:
    static void make_ready(waiter& sleeper) noexcept;

    /// While nobody else may write the word.
    std::uint64_t set(std::uint64_t bits, std::memory_order order) noexcept {
        std::uint64_t const word = word_.load(std::memory_order_relaxed) | bits;
        word_.store(word, order);
        return word;
    }

    std::atomic<std::uint64_t> word_;
    wait_tag won_by_ = 0;                 // written by the winner between claim and deliver, read by the sleeper after
    std::atomic<bool> cancelled_{false};  // by cancellers; cleared by the owner before it lives
    kind kind_;
};

/// One particular wait of one waiter. Plain data: may be kept, copied and tried for ever.
struct wait_token {
    waiter* who = nullptr;
    std::uint64_t generation = 0;

    explicit operator bool() const noexcept { return who != nullptr; }
    bool try_claim() const noexcept { return who->try_claim(generation); }
    /// Claims and, having won, delivers. For wakers that carry no value.
    bool wake(wait_tag tag) const noexcept {
        if (!try_claim()) return false;
        who->deliver(tag);
        return true;
    }
};

}  // namespace weft::detail
