// Waits for several things at once and lets exactly one happen.
//
//   pass 1: see which cases look ready, without a lock, and try those in random order, locking one channel at a time.
//   pass 2: lock all channels, in address order. If a case has become ready, back to pass 1. Else, with `otherwise`, that
//           is the answer: at this instant none was ready. Else enqueue a node on each channel.
//   then:   if there are only channels, park, and unlock them once off the stack (a late wait). Else unlock them, arm what
//           is not a channel, and park. Awake again, unlink every loser.
//
// Invariants: a node is in its channel's list, or was claimed by the winner, or was popped by somebody who lost the
//             claim. Nobody finds the select's own nodes before it has unlocked: it cannot pair with itself.
// Lock order: channels by address; then, while a late wait parks, whatever choosing the next fiber takes.
#include <weft/select.hpp>

#include <weft/detail/random.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

namespace weft::detail {

namespace {

constexpr wait_reason selecting{"select"};
// Waits also for something that is no fiber's to bring about.
constexpr wait_reason selecting_with_outside{"select", true};

using kind = select_entry::kind;

bool is_channel(select_entry const& e) noexcept { return e.what == kind::receive || e.what == kind::send; }

class selection {
public:
    selection(std::span<select_entry* const> cases, std::uint32_t* order, bool in_order) noexcept
        : cases_(cases), poll_order_(order), lock_order_(order + cases.size()), in_order_(in_order) {}

    std::size_t run();

private:
    static constexpr std::size_t none = SIZE_MAX;

    void collect() noexcept;
    std::size_t try_each();
    static bool looks_ready(select_entry const& e);
    static bool try_one(select_entry& e);
    bool ready_under_locks() const;
    void shuffle() noexcept;
    void collect_to_park();
    std::size_t park(wait& w);
    wait_tag sleep(wait& w);
    static bool unlock_for_good(void* self) noexcept;
    // Without a lock that a winner must take, nothing would keep the frame alive until the select is published.
    bool is_late() const noexcept { return others_ == 0 && channels_ != 0; }
    template <class Act>
    void for_each_channel(Act act) const;
    void lock_all() const noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS;
    void unlock_all() const noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS;
    void enqueue(wait_token token) noexcept;
    bool arm_sources(wait& w, std::size_t& chosen);
    void withdraw(std::size_t winner) noexcept;

    std::span<select_entry* const> cases_;
    std::uint32_t* const poll_order_;  // what can ever be ready, without `otherwise`; the order changes as it is tried
    std::uint32_t* const lock_order_;  // channel cases, by the address of the channel
    std::size_t candidates_ = 0;
    std::size_t others_ = 0;    // of them, what is no channel
    std::size_t channels_ = 0;  // the rest; set when it is about to park
    std::size_t otherwise_ = none;
    std::size_t first_deadline_ = none;
    clock::time_point deadline_ = clock::time_point::max();
    std::size_t first_due_ = none;  // first_deadline_, or a source that will be ready by itself before; and when
    clock::time_point due_ = clock::time_point::max();
    bool const in_order_;
    bool outside_ = false;
};

// The generator of one shuffle. One draw from the worker's is enough: the multiplier's high bits are as good as needed here.
class choices {
public:
    /// Uniform below `n`.
    std::size_t below(std::size_t n) noexcept {
        if (n == 1) return 0;
        state_ = (state_ == 0 ? random_bits() | 1 : state_) * 0xd134'2543'de82'ef95u;
        // The high half of a product is as uniform as the bits, and cheaper than a remainder.
        return static_cast<std::size_t>((state_ >> 32) * n >> 32);
    }

private:
    std::uint64_t state_ = 0;  // 0: nothing drawn yet; odd from then on
};

void selection::collect() noexcept {
    for (std::size_t i = 0; i != cases_.size(); ++i) {
        select_entry const& e = *cases_[i];
        if (e.what == kind::otherwise) {
            otherwise_ = i;
        } else if (!is_channel(e)) {
            ++others_;
            poll_order_[candidates_++] = static_cast<std::uint32_t>(i);
        } else if (e.channel != nullptr) {
            poll_order_[candidates_++] = static_cast<std::uint32_t>(i);
        }
    }
}

// False: at some instant of this call it was not ready. A look at a channel takes no lock.
bool selection::looks_ready(select_entry const& e) {
    switch (e.what) {
    case kind::receive: return !e.channel->cannot_receive();
    case kind::send: return !e.channel->cannot_send();
    case kind::source: return e.source->is_ready();
    case kind::deadline: return true;                              // the clock is read only if there is nothing better
    case kind::timeout: return e.when == clock::duration::zero();  // the others have only begun
    case kind::otherwise: break;
    }
    return false;
}

// True if the case, which looked ready, could be completed at once.
bool selection::try_one(select_entry& e) {
    switch (e.what) {
    case kind::receive: e.outcome = e.channel->try_receive(e.element); break;
    case kind::send: e.outcome = e.channel->try_send(e.element); break;
    case kind::source: return e.source->try_take();
    case kind::deadline: return e.when <= clock::now().time_since_epoch();
    default: return true;
    }
    return e.outcome != channel_result::would_wait;
}

// Most selects find one case ready, or none: they draw no random number.
std::size_t selection::try_each() {
    std::size_t looking_ready = 0;
    for (std::size_t i = 0; i != candidates_; ++i) {
        std::uint32_t const index = poll_order_[i];
        if (!looks_ready(*cases_[index])) continue;
        if (in_order_) {
            if (try_one(*cases_[index])) return index;
        } else {
            std::swap(poll_order_[looking_ready++], poll_order_[i]);
        }
    }
    for (choices random; looking_ready != 0;) {
        std::uint32_t& chosen = poll_order_[random.below(looking_ready)];
        std::swap(chosen, poll_order_[--looking_ready]);
        std::uint32_t const index = poll_order_[looking_ready];
        if (try_one(*cases_[index])) return index;
    }
    return none;
}

// Of sources and deadlines that come at the same time the first in poll order wins.
void selection::shuffle() noexcept {
    choices random;
    for (std::size_t i = 0; i != candidates_; ++i)
        std::swap(poll_order_[i], poll_order_[i + random.below(candidates_ - i)]);
}

// What only a select needs that could not act at once: the order of locks, and how long to wait.
void selection::collect_to_park() {
    if (!in_order_ && others_ > 1) shuffle();
    for (std::size_t i = 0; i != candidates_; ++i) {
        std::uint32_t const index = poll_order_[i];
        select_entry& e = *cases_[index];
        e.armed = false;
        if (is_channel(e)) {
            lock_order_[channels_++] = index;
            continue;
        }
        outside_ = outside_ || e.what != kind::source || !e.source->by_fibers();
        if (e.what == kind::source) continue;
        clock::time_point const t = e.what == kind::timeout ? deadline_after(e.when) : clock::time_point(e.when);
        if (first_deadline_ != none && deadline_ <= t) continue;
        first_deadline_ = index;
        deadline_ = t;
    }
    auto const by_address = [this](std::uint32_t a, std::uint32_t b) {
        return std::less<>{}(cases_[a]->channel, cases_[b]->channel);
    };
    std::sort(lock_order_, lock_order_ + channels_, by_address);
}

// Each distinct channel once, in address order.
template <class Act>
void selection::for_each_channel(Act act) const {
    channel_core* before = nullptr;
    for (std::size_t i = 0; i != channels_; ++i) {
        channel_core* c = cases_[lock_order_[i]]->channel;
        if (c != before) act(*c);
        before = c;
    }
}

void selection::lock_all() const noexcept {
    for_each_channel([](channel_core& c) WEFT_NO_THREAD_SAFETY_ANALYSIS { c.lock(); });
}

void selection::unlock_all() const noexcept {
    for_each_channel([](channel_core& c) WEFT_NO_THREAD_SAFETY_ANALYSIS { c.unlock(); });
}

// What is no channel is asked only if the answer decides for `otherwise`: a select that sleeps asks it in `arm_sources`, without
// locks.
bool selection::ready_under_locks() const {
    for (std::size_t i = 0; i != candidates_; ++i) {
        select_entry& e = *cases_[poll_order_[i]];
        if (e.what == kind::receive && e.channel->can_receive_locked()) return true;
        if (e.what == kind::send && e.channel->can_send_locked()) return true;
        if (e.what == kind::source && otherwise_ != none && e.source->is_ready()) return true;
    }
    return false;
}

void selection::enqueue(wait_token token) noexcept {
    for (std::size_t i = 0; i != candidates_; ++i) {
        select_entry& e = *cases_[poll_order_[i]];
        if (!is_channel(e)) continue;
        e.node.token = token;
        e.node.tag = poll_order_[i];
        e.node.closed = false;
        e.node.element = e.element;
        (e.what == kind::send ? e.channel->senders() : e.channel->receivers()).push(e.node);
    }
}

// True: a source was ready already, and the select has claimed its own wait for it.
bool selection::arm_sources(wait& w, std::size_t& chosen) {
    for (std::size_t i = 0; i != candidates_; ++i) {
        select_entry& e = *cases_[poll_order_[i]];
        if (e.what != kind::source) continue;
        try {
            e.armed = !e.source->arm(w.token(), poll_order_[i]);
        } catch (...) {
            if (!w.finish()) return false;  // a case has won: the select has happened
            withdraw(none);
            throw;
        }
        if (e.armed) {
            if (clock::time_point const due = e.source->due(); due < due_) {
                first_due_ = poll_order_[i];
                due_ = due;
            }
            continue;
        }
        if (!w.finish()) return false;  // somebody else was first, and delivers
        chosen = poll_order_[i];
        return true;
    }
    return false;
}

void selection::withdraw(std::size_t winner) noexcept {
    for (std::size_t i = 0; i != candidates_; ++i) {
        select_entry& e = *cases_[poll_order_[i]];
        if (e.what == kind::source && std::exchange(e.armed, false)) e.source->disarm();
        // The winner's channel may be gone by now: its waker has unlinked the node.
        if (is_channel(e) && poll_order_[i] != winner)
            e.channel->forget(e.what == kind::send ? e.channel->senders() : e.channel->receivers(), e.node);
    }
}

// By whoever replaces the parked fiber. A winner must take the locks of all channels but its own before it can leave the
// select: until the last unlock the frame is there, and after it nothing of it is touched.
bool selection::unlock_for_good(void* self) noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS {
    channel_core* last = nullptr;
    static_cast<selection*>(self)->for_each_channel([&last](channel_core& c) WEFT_NO_THREAD_SAFETY_ANALYSIS {
        if (last != nullptr) last->unlock();
        last = &c;
    });
    if (last != nullptr) last->unlock();
    return false;
}

// The locks are held, and released here.
wait_tag selection::sleep(wait& w) {
    if (is_late()) return w.park_then(&unlock_for_good, this);
    unlock_all();
    std::size_t chosen = none;
    first_due_ = first_deadline_;
    due_ = deadline_;
    if (arm_sources(w, chosen)) return static_cast<wait_tag>(chosen);
    return w.park_until(due_);
}

// None: somebody else was given what this select was woken for.
std::size_t selection::park(wait& w) {
    wait_tag const winner = sleep(w);
    if (winner == tag_cancelled) {
        withdraw(none);
        throw_cancelled();
    }
    std::size_t const chosen = winner == tag_timeout ? first_due_ : winner;
    withdraw(chosen);
    select_entry& e = *cases_[chosen];
    if (is_channel(e)) e.outcome = e.node.closed ? channel_result::closed : channel_result::done;
    if (e.what == kind::source && !e.source->confirm()) return none;
    return chosen;
}

std::size_t selection::run() {
    collect();
    for (bool first_look = true;; first_look = false) {
        if (std::size_t const i = try_each(); i != none) return i;
        // One case, looked at once: that was an instant at which none was ready.
        if (otherwise_ != none && candidates_ <= 1) return otherwise_;
        if (first_look) collect_to_park();
        lock_all();
        if (ready_under_locks()) {
            unlock_all();
            continue;
        }
        if (otherwise_ != none) {
            unlock_all();
            return otherwise_;
        }
        wait w(outside_ ? selecting_with_outside : selecting, nullptr, interruptible::yes,
               is_late() ? publication::late : publication::early);
        if (w.cancelled()) {
            unlock_all();
            throw_cancelled();
        }
        enqueue(w.token());
        if (std::size_t const i = park(w); i != none) return i;
    }
}

}  // namespace

void throw_closed_in_select() { throw_closed("weft: send on a closed channel in a select"); }

std::size_t run_select(std::span<select_entry* const> cases, std::uint32_t* order, bool in_order) {
    std::size_t const chosen = selection(cases, order, in_order).run();
    select_entry& e = *cases[chosen];
    if (e.what == kind::send && e.outcome == channel_result::closed) throw_closed_in_select();
    e.complete();
    return chosen;
}

}  // namespace weft::detail

namespace weft {

std::size_t select(std::span<select_case> cases) {
    constexpr std::size_t on_stack = 64;
    auto const run = [cases](detail::select_entry** entries, std::uint32_t* order) {
        for (std::size_t i = 0; i != cases.size(); ++i) {
            entries[i] = cases[i].entry_.get();
            entries[i]->prepare();
        }
        return detail::run_select({entries, cases.size()}, order, false);
    };
    if (cases.size() <= on_stack) {
        detail::select_entry* entries[on_stack];
        std::uint32_t order[2 * on_stack];
        return run(entries, order);
    }
    // One array holds the pointers and, behind them, the two orders.
    constexpr std::size_t bytes = sizeof(detail::select_entry*) + 2 * sizeof(std::uint32_t);
    auto const memory = std::make_unique_for_overwrite<std::byte[]>(cases.size() * bytes);
    return run(reinterpret_cast<detail::select_entry**>(memory.get()),
               reinterpret_cast<std::uint32_t*>(memory.get() + cases.size() * sizeof(detail::select_entry*)));
}

}  // namespace weft
