#pragma once
// The tree of contexts: who is cancelled by whom.
//
//     context_node      a context: its parent, what cancels it, its value
//     cancel_node       one that can be cancelled, with everything that this reaches: child nodes, and the scopes of the
//                       fibers and threads that run under it (cancel_scope.hpp)
//
// Cancelling is five passes over the subtree, none of which holds a lock for long:
//
//     mark       the state changes, node by node; children leave their parent's list and join the walk
//     announce   the `done` channels are closed, timers withdrawn
//     raise      every registered fiber's flag is set
//     fence      one heavy fence for all of them; waiter.hpp says what for
//     wake       those that are asleep are claimed, and delivered after the lock is released
//
// The flags come after the announcements: whoever waits for `done` under the very context that ends finds the channel
// closed, and does not throw.
//
// Invariants: a node keeps its parent alive; handles, scopes and children keep a node alive (`handles_`). Whoever walks,
//             or a timer that is about to fire, keeps only its memory (`memory_`): so the last handle, whose end destroys
//             what users put into contexts, is always dropped by users.
//             Marked once: whoever changes state_ walks the node. A scope or child is linked only while the node is live or
//             the walk has not come to it; registering under a marked node fails.
//             A scope that is linked belongs to a fiber that is inside it: leaving unlinks it under the same lock. So a
//             canceller that holds the lock reaches no fiber that has left the scope, or has ended.
//             A claimed sleeper stays where it is until it is delivered, and its scope with it.
// Lock order: every lock is a leaf; no two of them are held together.
// Rejected:   a list of fibers in the root: every spawn would go by it, and shutdown finds them by the slabs.
//             One flag per node that fibers look at: each wait would walk up the tree.

#include <weft/clock.hpp>
#include <weft/detail/atomic.hpp>
#include <weft/detail/config.hpp>
#include <weft/detail/context_handle.hpp>
#include <weft/detail/expiry.hpp>
#include <weft/detail/list_link.hpp>
#include <weft/detail/spin_lock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>

namespace weft::detail {

class cancel_node;
class cancel_scope;

enum class cancel_state : std::uint8_t { live, cancelled, timed_out };

class context_node {
public:
    /// Takes over a hold on `parent`, which may be null: the background.
    context_node(context_node* parent, cancel_node* cancels) noexcept : parent_(parent), cancels_(cancels) {}
    context_node(context_node const&) = delete;

    void hold() noexcept { handles_.fetch_add(1, std::memory_order_relaxed); }
    /// Ends a hold. The last one frees the node, and lets go of its parent.
    static void drop(context_node* node) noexcept;

    /// The nearest node that can cancel this one, itself included; null: none.
    cancel_node* cancels() const noexcept { return cancels_; }
    context_node* parent() const noexcept { return parent_; }
    /// The value that this node adds, or null.
    void const* value_of(void const* key) const noexcept { return key == key_ ? value_ : nullptr; }

protected:
    virtual ~context_node() = default;
    /// Nobody holds it any more.
    virtual void end() noexcept { delete this; }

    void set_value(void const* key, void const* value) noexcept {
        key_ = key;
        value_ = value;
    }

private:
    context_node* const parent_;
    cancel_node* const cancels_;
    void const* key_ = nullptr;
    void const* value_ = nullptr;
    atomic<std::uint32_t> handles_{1};
};

/// What a cancellation came by; for tests.
struct cancel_counts {
    std::size_t contexts = 0;  // that it cancelled
    std::size_t raised = 0;    // scopes whose flag it set
    std::size_t woken = 0;     // sleepers that it woke
    std::size_t locks = 0;     // locks that it took, one at a time
    std::size_t fences = 0;    // heavy ones
};

/// A part of what is registered with a node: one at first, one for each of several workers when they get many.
struct cancel_shard {
    spin_lock lock;
    list_link<cancel_scope> scopes WEFT_GUARDED_BY(lock);
    list_link<cancel_scope> raised WEFT_GUARDED_BY(lock);  // those whose flag is set, and who are still to be woken
    list_link<cancel_node> children WEFT_GUARDED_BY(lock);
    std::uint32_t registered WEFT_GUARDED_BY(lock) = 0;  // so far
};

class cancel_node : public context_node, private list_link<cancel_node> {
public:
    /// A live node that `adopt` has to be called for. `deadline`: `max()` is none.
    cancel_node(context_node* parent, clock::time_point deadline) noexcept;

    /// Links the node below what cancels its parent and arms its timer; or cancels it, if the parent is cancelled or the
    /// deadline has passed.
    /// Errors: `std::bad_alloc`, `std::system_error` if there is no timer; the node is as before.
    void adopt();

    cancel_state state() const noexcept { return state_.load(std::memory_order_acquire); }
    bool is_cancelled() const noexcept { return state() != cancel_state::live; }
    clock::time_point deadline() const noexcept { return deadline_; }
    std::exception_ptr cause() noexcept;

    /// Cancels the node and everything below it; once.
    cancel_counts cancel(cancel_state why, std::exception_ptr const& cause) noexcept;
    /// Cancels it if the deadline has passed and its timer has not been served yet.
    void expire_if_due() noexcept;

    /// Registers a scope. False: the node is cancelled, and announced.
    bool enlist(cancel_scope& s) noexcept;
    static void delist(cancel_scope& s) noexcept;

    /// Of the memory alone.
    void hold_memory() noexcept { memory_.fetch_add(1, std::memory_order_relaxed); }
    void release_memory() noexcept {
        if (memory_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }

protected:
    ~cancel_node() override;
    void end() noexcept override;
    /// Tells those who wait for the cancellation. May be called again, and by several at a time.
    virtual void announce() noexcept {}

private:
    friend struct list_link<cancel_node>;
    static constexpr std::size_t batch = 64;    // members that are handled under a lock together
    static constexpr std::uint32_t crowd = 64;  // registrations after which they are spread
    static constexpr std::size_t most_shards = 16;

    struct shard_array {
        cancel_shard shards[most_shards];
    };

    cancel_shard& shard_for_caller() noexcept;
    void spread() noexcept;
    bool link_child(cancel_node& child) noexcept;
    void keep_timer(expiry_handle const& armed) noexcept;
    void withdraw_timer() noexcept;
    bool mark(cancel_state why, std::exception_ptr const& cause) noexcept;
    template <class Act>
    void for_each_shard(Act act) noexcept;
    template <class Append>
    void take_children(cancel_counts& counts, Append append) noexcept;
    void raise(cancel_counts& counts) noexcept;
    void wake(cancel_counts& counts) noexcept;

    clock::time_point const deadline_;
    atomic<std::uint32_t> memory_{1};                 // one for all handles together, one for each walker
    atomic<cancel_state> state_{cancel_state::live};  // written under cause_lock_; release: pairs with `state`
    atomic<shard_array*> spread_{nullptr};            // written once, by whoever makes it
    cancel_shard first_;
    cancel_shard* linked_in_ = nullptr;  // the parent's shard; constant once adopted
    spin_lock cause_lock_;
    expiry_handle timer_ WEFT_GUARDED_BY(cause_lock_);
    std::exception_ptr cause_ WEFT_GUARDED_BY(cause_lock_);
    bool ended_ WEFT_GUARDED_BY(cause_lock_) = false;  // no handle is left: nobody will ask for the cause
    cancel_node* next_in_walk_ = nullptr;              // the walker's
};

/// The way from a handle to its node and back.
struct context_access {
    /// Takes over a hold.
    static context adopt(context_node* node) noexcept {
        context c;
        c.node_ = node;
        return c;
    }
    static context_node* node(context const& c) noexcept { return c.node_; }
    static cancel_node* cancels(context const& c) noexcept { return c.node_ == nullptr ? nullptr : c.node_->cancels(); }
    /// The node, held once more: for a child.
    static context_node* held(context const& c) noexcept {
        if (c.node_ != nullptr) c.node_->hold();
        return c.node_;
    }
};

}  // namespace weft::detail
