// The slow paths of the shared mutex.
//
// Invariants: `contended` is set iff somebody is queued, as seen under the lock. While it is set the state changes only under
//             the lock: neither reader nor writer gets past the queues, and whoever unlocks comes here.
//             Somebody is queued => somebody holds the lock; readers hold it and somebody is queued => a writer is.
//             The lock is handed over: a waiter that is woken owns it. Waits are uninterruptible, so claiming cannot fail.
// Turns:      a writer's unlock admits all readers that wait, or else the next writer; the last reader's admits a writer.
// Destroy after unlock: as for the mutex: while somebody was queued or just popped, his call has not returned.
// Lock order: `lock_` is a leaf, held by a waiter until it has left its stack.
// Rejected:   a woken waiter that competes for the lock, as with the mutex. Writers would then have to be protected against
//             readers that come in between once more; who needs to write all the time is better off with a mutex.
#include <weft/detail/fatal.hpp>
#include <weft/shared_mutex.hpp>

namespace weft {

namespace {

constexpr detail::wait_reason writing{"shared_mutex lock"};
constexpr detail::wait_reason reading{"shared_mutex lock_shared"};
constexpr auto never = clock::time_point::max();

}  // namespace

shared_mutex::~shared_mutex() {
    if (state_.load(std::memory_order_relaxed) != 0)
        detail::fatal("a locked shared_mutex was destroyed: all must have unlocked it before", this);
}

void shared_mutex::lock_slowly() WEFT_NO_THREAD_SAFETY_ANALYSIS {
    lock_.lock();
    std::uint64_t state = state_.load(std::memory_order_relaxed);
    for (;;) {
        std::uint64_t const wanted = state == 0 ? written : state | contended;
        if (state_.compare_exchange_weak(state, wanted, std::memory_order_acquire, std::memory_order_relaxed)) break;
    }
    if (state == 0) return lock_.unlock();
    detail::queued_waiter self;
    detail::wait w(writing, this, detail::interruptible::no, detail::published(never));
    detail::park_in(lock_, writers_, w, self, never);
}

void shared_mutex::lock_shared_slowly() WEFT_NO_THREAD_SAFETY_ANALYSIS {
    lock_.lock();
    std::uint64_t state = state_.load(std::memory_order_relaxed);
    bool free = false;
    do {
        free = (state & (written | contended)) == 0;
    } while (!state_.compare_exchange_weak(state, free ? state + reader : state | contended, std::memory_order_acquire,
                                           std::memory_order_relaxed));
    if (free) return lock_.unlock();
    detail::queued_waiter self;
    detail::wait w(reading, this, detail::interruptible::no, detail::published(never));
    detail::park_in(lock_, readers_, w, self, never);
}

void shared_mutex::unlock_slowly() {
    detail::channel_waiter* woken = nullptr;
    {
        detail::spin_guard guard(lock_);
        if ((state_.load(std::memory_order_relaxed) & written) == 0)
            detail::fatal("a shared_mutex that is not locked was unlocked", this);
        std::size_t admitted = 0;
        woken = detail::pop_all_claimed(readers_, admitted);
        std::uint64_t state = admitted * reader;
        if (admitted == 0) {
            woken = writers_.pop_claimed();
            woken->next = nullptr;
            state = written;
        }
        if (!writers_.empty()) state |= contended;
        // Release: readers that come later, by the fast path.
        state_.store(state, std::memory_order_release);
    }
    detail::deliver_all(woken);
}

void shared_mutex::unlock_shared_slowly() {
    detail::channel_waiter* next = nullptr;
    {
        detail::spin_guard guard(lock_);
        // Acquire: the last reader hands on what all others released.
        std::uint64_t state = state_.load(std::memory_order_acquire);
        if (state < reader) detail::fatal("a shared_mutex that nobody shares was unlocked by unlock_shared", this);
        state -= reader;
        if (state < reader) {
            next = writers_.pop_claimed();
            bool const more = !writers_.empty() || !readers_.empty();
            state = written | (more ? contended : 0);
        }
        state_.store(state, std::memory_order_release);
    }
    if (next != nullptr) next->token.who->deliver(next->tag);
}

}  // namespace weft
