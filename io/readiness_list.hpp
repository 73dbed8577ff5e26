#pragma once
#include <weft/detail/poller.hpp>
#include <weft/detail/readiness_waiter.hpp>

namespace weft::detail {

/// Those who wait for one thing, oldest first. Every member is called under the lock of the descriptor that owns it.
class readiness_list {
public:
    bool empty() const noexcept { return first_ == nullptr; }

    void push(readiness_waiter& w) noexcept {
        w.linked = true;
        w.next = nullptr;
        w.previous = last_;
        (last_ == nullptr ? first_ : last_->next) = &w;
        last_ = &w;
    }

    void remove(readiness_waiter& w) noexcept {
        w.linked = false;
        (w.previous == nullptr ? first_ : w.previous->next) = w.next;
        (w.next == nullptr ? last_ : w.next->previous) = w.previous;
    }

    readiness_waiter* front() const noexcept { return first_; }

private:
    readiness_waiter* first_ = nullptr;
    readiness_waiter* last_ = nullptr;
};

/// Waiters whose waits were claimed under a descriptor's lock and who are told after it is released.
class claimed_waiters {
public:
    claimed_waiters() = default;
    claimed_waiters(claimed_waiters const&) = delete;

    /// Unlinks everybody, or only those who wait in an operation, and keeps the ones whose waits it has won.
    void take_from(readiness_list& list, bool also_selects = true) noexcept {
        readiness_waiter* w = list.front();
        while (w != nullptr) {
            readiness_waiter* const next = w->next;
            if (also_selects || !w->in_select) {
                list.remove(*w);
                if (w->token.try_claim()) keep(*w);
            }
            w = next;
        }
    }

    /// The oldest whose wait it wins, with another tag than its own.
    bool take_one_from(readiness_list& list, wait_tag tag) noexcept {
        while (readiness_waiter* w = list.front()) {
            list.remove(*w);
            if (!w->token.try_claim()) continue;
            w->tag = tag;
            keep(*w);
            return true;
        }
        return false;
    }

    /// One that is in no list.
    void claim(readiness_waiter& w) noexcept {
        if (w.token.try_claim()) keep(w);
    }

    void deliver() noexcept {
        while (readiness_waiter* w = next()) w->token.who->deliver(w->tag);
    }
    void deliver(ready_list& ready) noexcept {
        while (readiness_waiter* w = next()) w->token.who->deliver(w->tag, ready);
    }

private:
    void keep(readiness_waiter& w) noexcept {
        w.next = nullptr;
        (last_ == nullptr ? first_ : last_->next) = &w;
        last_ = &w;
    }
    // Read before the delivery: the sleeper's frame is gone after it.
    readiness_waiter* next() noexcept {
        readiness_waiter* const w = first_;
        if (w != nullptr) first_ = w->next;
        return w;
    }

    readiness_waiter* first_ = nullptr;
    readiness_waiter* last_ = nullptr;
};

}  // namespace weft::detail
