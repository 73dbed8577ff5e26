#include <weft/detail/wait_queue.hpp>

#include <utility>

namespace weft::detail {

namespace {

bool release(void* lock) noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS {
    static_cast<spin_lock*>(lock)->unlock();
    return false;
}

}  // namespace

wait_tag park_in(spin_lock& held, waiter_list& list, wait& w, channel_waiter& self, clock::time_point deadline,
                 queue_end at) noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS {
    self.token = w.token();
    self.tag = tag_served;
    if (at == queue_end::front)
        list.push_front(self);
    else
        list.push(self);
    if (deadline == clock::time_point::max()) return w.park_then(&release, &held);
    held.unlock();
    return w.park_until(deadline);
}

channel_waiter* pop_all_claimed(waiter_list& list, std::size_t& count) noexcept {
    channel_waiter* first = nullptr;
    channel_waiter* last = nullptr;
    while (channel_waiter* w = list.pop_claimed()) {
        // Claimed nodes are ours until we deliver: their links make the chain.
        w->next = nullptr;
        (last == nullptr ? first : last->next) = w;
        last = w;
        ++count;
    }
    return first;
}

void deliver_all(channel_waiter* chain) noexcept {
    while (chain != nullptr) {
        channel_waiter* const w = std::exchange(chain, chain->next);
        w->token.who->deliver(w->tag);
    }
}

wait_tag wait_queue::park(wait& w, channel_waiter& self, clock::time_point deadline,
                          queue_end at) noexcept WEFT_NO_THREAD_SAFETY_ANALYSIS {
    return park_in(lock_, list_, w, self, deadline, at);
}

}  // namespace weft::detail
