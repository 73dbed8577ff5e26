#pragma once
// Something that happens once, and that any number may wait for: what `event` and `latch` are made of.
//
// Invariants: state_ goes unset -> setting -> set, once; to `setting` under the lock, to `set` without it.
//             Nobody is queued once the state is not `unset`.
// Destroy after wake: the store of `set` is the setter's last access, and nobody leaves a wait before it. Whoever finds
//             `setting` under the lock waits for that store, which is a few instructions away.

#include <weft/clock.hpp>
#include <weft/detail/select_source.hpp>
#include <weft/detail/wait_queue.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

class broadcast {
public:
    explicit broadcast(bool is_set = false) noexcept : state_(is_set ? set_already : unset) {}
    broadcast(broadcast const&) = delete;

    /// Acquire: pairs with the release in set.
    bool is_set() const noexcept { return state_.load(std::memory_order_acquire) == set_already; }
    /// Any number of times; all but the first do nothing.
    void set() noexcept;
    /// True: it was set before `deadline`. Errors: `cancelled`.
    bool wait_until(clock::time_point deadline, wait_reason const& reason, void const* object) {
        return is_set() || wait_slowly(deadline, reason, object);
    }
    /// Queues `node`, unless it is set: then false.
    bool link(channel_waiter& node) noexcept;
    void unlink(channel_waiter& node) noexcept;
    /// A snapshot.
    bool has_waiters() const noexcept { return !waiters_.empty(); }

private:
    enum : std::uint32_t { unset, setting, set_already };

    bool wait_slowly(clock::time_point deadline, wait_reason const& reason, void const* object);
    void await_set() const noexcept;

    std::atomic<std::uint32_t> state_;
    wait_queue waiters_;
};

/// A broadcast as a case of a select.
class broadcast_source final : public select_source {
public:
    explicit broadcast_source(broadcast& of) noexcept : of_(&of) {}

    bool is_ready() override { return of_->is_set(); }
    bool arm(wait_token sleeper, wait_tag tag) override {
        node_.token = sleeper;
        node_.tag = tag;
        return !of_->link(node_);
    }
    void disarm() noexcept override { of_->unlink(node_); }
    bool by_fibers() const noexcept override { return true; }

private:
    broadcast* of_;
    channel_waiter node_{};  // linked between arm and disarm
};

}  // namespace weft::detail
