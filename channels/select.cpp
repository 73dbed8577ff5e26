// Waits for several things at once and lets exactly one happen.
//
//   pass 1  looks at the cases in random order and takes the first that is ready, locking one channel at a time.
//   pass 2  locks all channels in address order. If a case has become ready, back to pass 1. Else, with `otherwise`,
//           that is the answer: at this instant none was ready. Else it enqueues a node on each channel and unlocks
//   them. then    arms what is not a channel, parks, and unlinks every loser.
//
// Invariants: a node is in its channel's list, or was claimed by the winner, or was popped by somebody who lost the
//             claim. Nobody finds the select's own nodes before it has unlocked: it cannot pair with itself.
// Lock order: channels by address; nothing else is locked meanwhile.
#include <weft/select.hpp>

#include <weft/detail/random.hpp>

#include <algorithm>
#include <vector>

namespace weft::detail {

namespace {

constexpr wait_reason selecting{"select"};
constexpr wait_reason selecting_with_outside{"select",
                                             true};  // also waits for something that is no fiber's to bring about

using kind = select_entry::kind;

bool is_channel(select_entry const& e) noexcept { return e.what == kind::receive || e.what == kind::send; }

class selection {
public:
    selection(std::span<select_entry* const> cases, std::uint32_t* order, bool in_order) noexcept
        : cases_(cases), poll_order_(order), lock_order_(order + cases.size()), in_order_(in_order) {}

    std::size_t run();

private:
    static constexpr std::size_t none = SIZE_MAX;

    void prepare();
    void shuffle() noexcept;
    std::size_t try_each();
    bool try_one(select_entry& e);
    bool ready_under_locks() const;
    std::size_t park(wait& w);
    void sort_channels() noexcept;
    template <class Act>
    void for_each_channel(Act act) const;
    void lock_all() const noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS;
    void unlock_all() const noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS;
    void enqueue(wait_token token) noexcept;
    bool arm_sources(wait& w, std::size_t& chosen);
    void withdraw(std::size_t winner) noexcept;

    std::span<select_entry* const> cases_;
    std::uint32_t* const poll_order_;  // what can ever be ready, without `otherwise`
    std::uint32_t* const lock_order_;  // channel cases, by the address of the channel
    std::size_t candidates_ = 0;
    std::size_t channels_ = 0;
    std::size_t otherwise_ = none;
    std::size_t first_deadline_ = none;
    bool const in_order_;
    bool outside_ = false;
};

void selection::prepare() {
    for (std::size_t i = 0; i != cases_.size(); ++i) {
        select_entry& e = *cases_[i];
        e.prepare();
        e.outcome = channel_result::would_wait;
        e.armed = false;
        if (e.what == kind::otherwise) {
            otherwise_ = i;
            continue;
        }
        if (is_channel(e) && e.channel == nullptr) continue;
        if (is_channel(e))
            lock_order_[channels_++] = static_cast<std::uint32_t>(i);
        else
            outside_ = outside_ || e.what == kind::deadline || !e.source->by_fibers();
        if (e.what == kind::deadline && (first_deadline_ == none || e.deadline < cases_[first_deadline_]->deadline))
            first_deadline_ = i;
        poll_order_[candidates_++] = static_cast<std::uint32_t>(i);
    }
}

void selection::shuffle() noexcept {
    for (std::size_t i = candidates_; i > 1; --i) {
        // The high half of a product is as uniform as the bits, and cheaper than a remainder.
        auto const j = static_cast<std::size_t>((random_bits() >> 32) * i >> 32);
        std::swap(poll_order_[i - 1], poll_order_[j]);
    }
}

// True if the case could be completed at once.
bool selection::try_one(select_entry& e) {
    switch (e.what) {
    case kind::receive:
        if (e.channel->cannot_receive()) return false;
        e.outcome = e.channel->try_receive(e.element);
        return e.outcome != channel_result::would_wait;
    case kind::send:
        if (e.channel->cannot_send()) return false;
        e.outcome = e.channel->try_send(e.element);
        return e.outcome != channel_result::would_wait;
    case kind::source: return e.source->is_ready();
    case kind::deadline: return e.deadline == clock::time_point::min() || e.deadline <= clock::now();
    case kind::otherwise: break;
    }
    return false;
}

std::size_t selection::try_each() {
    for (std::size_t i = 0; i != candidates_; ++i)
        if (try_one(*cases_[poll_order_[i]])) return poll_order_[i];
    return none;
}

void selection::sort_channels() noexcept {
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

bool selection::ready_under_locks() const {
    for (std::size_t i = 0; i != candidates_; ++i) {
        select_entry& e = *cases_[poll_order_[i]];
        if (e.what == kind::receive && e.channel->can_receive_locked()) return true;
        if (e.what == kind::send && e.channel->can_send_locked()) return true;
        if (e.what == kind::source && e.source->is_ready()) return true;
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
        e.armed = !e.source->arm(w.token(), poll_order_[i]);
        if (e.armed) continue;
        if (!w.finish()) return false;  // somebody else was first, and delivers
        chosen = poll_order_[i];
        return true;
    }
    return false;
}

void selection::withdraw(std::size_t winner) noexcept {
    for (std::size_t i = 0; i != candidates_; ++i) {
        select_entry& e = *cases_[poll_order_[i]];
        if (e.what == kind::source && e.armed) e.source->disarm();
        // The winner's channel may be gone by now: its waker has unlinked the node.
        if (is_channel(e) && poll_order_[i] != winner)
            e.channel->forget(e.what == kind::send ? e.channel->senders() : e.channel->receivers(), e.node);
    }
}

std::size_t selection::park(wait& w) {
    std::size_t chosen = none;
    if (!arm_sources(w, chosen)) {
        clock::time_point const deadline =
            first_deadline_ == none ? clock::time_point::max() : cases_[first_deadline_]->deadline;
        wait_tag const winner = w.park_until(deadline);
        if (winner == tag_cancelled) {
            withdraw(none);
            throw_cancelled();
        }
        chosen = winner == tag_timeout ? first_deadline_ : winner;
    }
    withdraw(chosen);
    select_entry& e = *cases_[chosen];
    if (is_channel(e)) e.outcome = e.node.closed ? channel_result::closed : channel_result::done;
    return chosen;
}

std::size_t selection::run() {
    prepare();
    for (bool sorted = false;;) {
        if (!in_order_) shuffle();
        if (std::size_t const i = try_each(); i != none) return i;
        // One case, looked at once: that was an instant at which none was ready.
        if (otherwise_ != none && candidates_ <= 1) return otherwise_;
        if (!std::exchange(sorted, true)) sort_channels();
        lock_all();
        if (ready_under_locks()) {
            unlock_all();
            continue;
        }
        if (otherwise_ != none) {
            unlock_all();
            return otherwise_;
        }
        wait w(outside_ ? selecting_with_outside : selecting, this);
        if (w.cancelled()) {
            unlock_all();
            throw_cancelled();
        }
        enqueue(w.token());
        unlock_all();
        return park(w);
    }
}

}  // namespace

std::size_t run_select(std::span<select_entry* const> cases, std::uint32_t* order, bool in_order) {
    std::size_t const chosen = selection(cases, order, in_order).run();
    select_entry& e = *cases[chosen];
    if (e.what == kind::send && e.outcome == channel_result::closed)
        throw_closed("weft: send on a closed channel in a select");
    e.complete();
    return chosen;
}

}  // namespace weft::detail

namespace weft {

std::size_t select(std::span<select_case> cases) {
    constexpr std::size_t on_stack = 64;
    // One array holds the pointers and, behind them, the two orders.
    if (cases.size() <= on_stack) {
        detail::select_entry* entries[on_stack];
        std::uint32_t order[2 * on_stack];
        for (std::size_t i = 0; i != cases.size(); ++i) entries[i] = cases[i].entry_.get();
        return detail::run_select({entries, cases.size()}, order, false);
    }
    struct place {
        detail::select_entry* entry;
        std::uint32_t order[2];
    };
    static_assert(sizeof(place) == sizeof(detail::select_entry*) + 2 * sizeof(std::uint32_t));
    auto const memory = std::make_unique_for_overwrite<std::byte[]>(cases.size() * sizeof(place));
    auto* entries = reinterpret_cast<detail::select_entry**>(memory.get());
    auto* order = reinterpret_cast<std::uint32_t*>(memory.get() + cases.size() * sizeof(detail::select_entry*));
    for (std::size_t i = 0; i != cases.size(); ++i) entries[i] = cases[i].entry_.get();
    return detail::run_select({entries, cases.size()}, order, false);
}

}  // namespace weft
