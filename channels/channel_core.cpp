#include <weft/detail/channel_core.hpp>

#include <weft/error.hpp>

namespace weft::detail {

namespace {

constexpr wait_reason sending{"channel send", false, wait_clue::has_handles, &channel_core::handles_of};
constexpr wait_reason receiving{"channel recv", false, wait_clue::has_handles, &channel_core::handles_of};
constexpr wait_reason on_nil_channel{"nil channel"};
constexpr wait_tag tag_served = 0;

bool release(void* lock) noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS {
    static_cast<biased_lock*>(lock)->unlock();
    return false;
}

}  // namespace

void throw_closed(char const* what) { throw closed_channel(what); }

bool channel_core::can_send_locked() const noexcept {
    return closed_.load(std::memory_order_relaxed) || !receivers_.empty() ||
           count_.load(std::memory_order_relaxed) < capacity_;
}

bool channel_core::can_receive_locked() const noexcept {
    return count_.load(std::memory_order_relaxed) != 0 || !senders_.empty() || closed_.load(std::memory_order_relaxed);
}

channel_result channel_core::try_send(void* element) {
    // The table is static: reading it now spares an access to the channel after the unlock.
    element_operations const& act = operations_;
    channel_waiter* to = nullptr;
    bool charge = false;
    for (bool done = false; !done;) {
        {
            biased_guard guard(lock_);
            if (closed_.load(std::memory_order_relaxed)) return channel_result::closed;
            to = receivers_.pop_claimed();
            std::size_t const n = count_.load(std::memory_order_relaxed);
            done = to != nullptr || n < room_;
            if (!done && n >= capacity_) return channel_result::would_wait;
            if (to == nullptr && done) {
                act.push(*this, element, n);
                set_count(n + 1);
            }
            if (done) charge = count_operation();
        }
        if (!done) act.grow(*this);
    }
    if (to != nullptr) {
        act.move_to_slot(to->element, element);
        to->token.who->deliver(to->tag);
    }
    if (charge) charge_budget();
    return channel_result::done;
}

channel_result channel_core::try_receive(void* slot) {
    element_operations const& act = operations_;
    channel_waiter* from = nullptr;
    bool direct = false;
    bool charge = false;
    {
        biased_guard guard(lock_);
        std::size_t const n = count_.load(std::memory_order_relaxed);
        if (n != 0) {
            act.pop(*this, slot);
            if (n <= room_) from = senders_.pop_claimed();
            if (from != nullptr)
                act.push(*this, from->element, n - 1);
            else
                set_count(n - 1);
        } else {
            from = senders_.pop_claimed();
            if (from == nullptr)
                return closed_.load(std::memory_order_relaxed) ? channel_result::closed : channel_result::would_wait;
            direct = true;
        }
        charge = count_operation();
    }
    if (direct) act.move_to_slot(slot, from->element);
    if (from != nullptr) from->token.who->deliver(from->tag);
    if (charge) charge_budget();
    return channel_result::done;
}

channel_result channel_core::wait_in(waiter_list& list, wait_reason const& reason, void* element,
                                     clock::time_point deadline) WEFT_NO_THREAD_SAFETY_ANALYSIS {
    bool const timed = deadline != clock::time_point::max();
    wait w(reason, this, interruptible::yes, timed ? publication::early : publication::late);
    if (w.cancelled()) {
        lock_.unlock();
        throw_cancelled();
    }
    channel_waiter self;
    self.token = w.token();
    self.tag = tag_served;
    self.closed = false;
    self.element = element;
    list.push(self);
    if (timed) lock_.unlock();
    wait_tag const winner = timed ? w.park_until(deadline) : w.park_then(&release, &lock_);
    // Served or closed: the waker may have been the last to know this channel.
    if (winner == tag_served) return self.closed ? channel_result::closed : channel_result::done;
    forget(list, self);
    if (winner == tag_cancelled) throw_cancelled();
    return channel_result::timed_out;
}

channel_result channel_core::wait_to_send(void* element, clock::time_point deadline) {
    if (grows_) [[unlikely]]
        return grow_or_wait_to_send(element, deadline);
    return wait_in(senders_, sending, element, deadline);
}

WEFT_NOINLINE channel_result channel_core::grow_or_wait_to_send(void* element, clock::time_point deadline)
    WEFT_NO_THREAD_SAFETY_ANALYSIS {
    while (can_send_locked()) {
        lock_.unlock();
        channel_result const result = try_send(element);
        if (result != channel_result::would_wait) return result;
        lock_.lock();
    }
    return wait_in(senders_, sending, element, deadline);
}

channel_result channel_core::wait_to_receive(void* slot, clock::time_point deadline) {
    return wait_in(receivers_, receiving, slot, deadline);
}

void channel_core::forget(waiter_list& from, channel_waiter& w) noexcept {
    biased_guard guard(lock_);
    if (w.linked) from.remove(w);
}

void channel_core::close() {
    channel_waiter* woken = nullptr;
    bool already = false;
    {
        biased_guard guard(lock_);
        // Release: whoever sees the channel closed sees what came before the close.
        already = closed_.exchange(true, std::memory_order_release);
        // Claimed nodes are ours until we deliver: their links make the list.
        channel_waiter* last = nullptr;
        for (waiter_list* list : {&receivers_, &senders_}) {
            while (channel_waiter* w = list->pop_claimed()) {
                w->next = nullptr;
                (last == nullptr ? woken : last->next) = w;
                last = w;
            }
        }
    }
    if (already) throw_closed("weft: close of a closed channel");
    while (woken != nullptr) {
        channel_waiter* w = std::exchange(woken, woken->next);
        w->closed = true;
        w->token.who->deliver(w->tag);
    }
}

channel_result wait_on_nil(clock::time_point deadline) {
    wait w(on_nil_channel, nullptr);
    if (w.cancelled() || w.park_until(deadline) == tag_cancelled) throw_cancelled();
    return channel_result::timed_out;
}

}  // namespace weft::detail
