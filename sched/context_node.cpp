#include <weft/detail/context_node.hpp>

#include "worker.hpp"

#include <weft/detail/cancel_scope.hpp>

#include <new>

namespace weft::detail {

void context_node::drop(context_node* node) noexcept {
    // In a loop: a chain of contexts may be longer than the stack is deep.
    while (node != nullptr && node->handles_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        context_node* const parent = node->parent_;
        node->end();
        node = parent;
    }
}

cancel_node::cancel_node(context_node* parent, clock::time_point deadline) noexcept
    : context_node(parent, this), deadline_(deadline) {}

cancel_node::~cancel_node() { delete spread_.load(std::memory_order_relaxed); }

void cancel_node::adopt() {
    cancel_node* const above = parent() == nullptr ? nullptr : parent()->cancels();
    // First of all: who is below a cancelled one was cancelled with it, even if its own deadline has passed, too.
    if (above != nullptr && above->is_cancelled()) {
        cancel(above->state(), above->cause());
        return;
    }
    // One that will be cancelled by then anyway needs no timer.
    bool const timed = deadline_ != clock::time_point::max() && (above == nullptr || above->deadline_ > deadline_);
    if (timed && deadline_ <= clock::now()) {
        cancel(cancel_state::timed_out, nullptr);
        return;
    }
    if (timed) keep_timer(arm_expiry(*this, deadline_));
    if (above != nullptr && !above->link_child(*this)) cancel(above->state(), above->cause());
}

void cancel_node::keep_timer(expiry_handle const& armed) noexcept {
    {
        spin_guard guard(cause_lock_);
        timer_ = armed;
        if (!is_cancelled()) return;
    }
    withdraw_expiry(armed);  // the canceller did not know it; it may be the timer itself
}

void cancel_node::withdraw_timer() noexcept {
    expiry_handle armed;
    {
        spin_guard guard(cause_lock_);
        armed = timer_;
    }
    withdraw_expiry(armed);
}

void cancel_node::end() noexcept {
    if (linked_in_ != nullptr) {
        spin_guard guard(linked_in_->lock);
        unlink();  // from the parent's list, or alone already
    }
    withdraw_timer();
    std::exception_ptr dropped;
    {
        spin_guard guard(cause_lock_);
        ended_ = true;
        std::swap(dropped, cause_);
    }
    release_memory();
}

std::exception_ptr cancel_node::cause() noexcept {
    spin_guard guard(cause_lock_);
    return cause_;
}

void cancel_node::expire_if_due() noexcept {
    if (deadline_ != clock::time_point::max() && !is_cancelled() && deadline_ <= clock::now())
        cancel(cancel_state::timed_out, nullptr);
}

// ---------------------------------------------------------------- registering

cancel_shard& cancel_node::shard_for_caller() noexcept {
    shard_array* const many = spread_.load(std::memory_order_acquire);
    if (many == nullptr) return first_;
    worker const* here = current_worker();
    return many->shards[here == nullptr ? 0 : here->index % most_shards];
}

// Under the first shard's lock, so that a canceller, who takes it before he looks for more, sees the new ones or has marked the
// node before.
void cancel_node::spread() noexcept {
    auto* const fresh = new (std::nothrow) shard_array;
    if (fresh == nullptr) return;  // then they all stay together
    {
        spin_guard guard(first_.lock);
        if (!is_cancelled() && spread_.load(std::memory_order_relaxed) == nullptr) {
            spread_.store(fresh, std::memory_order_release);
            return;
        }
    }
    delete fresh;
}

bool cancel_node::enlist(cancel_scope& s) noexcept {
    cancel_shard& in = shard_for_caller();
    bool crowded = false;
    {
        spin_guard guard(in.lock);
        if (!is_cancelled()) {
            in.scopes.push(s);
            s.in_ = &in;
            crowded = ++in.registered == crowd && &in == &first_;
        }
    }
    if (crowded) spread();
    if (s.in_ != nullptr) return true;
    announce();  // the canceller may not have come to it yet
    return false;
}

void cancel_node::delist(cancel_scope& s) noexcept {
    spin_guard guard(s.in_->lock);
    s.unlink();
}

bool cancel_node::link_child(cancel_node& child) noexcept {
    cancel_shard& in = shard_for_caller();
    bool crowded = false;
    {
        spin_guard guard(in.lock);
        if (is_cancelled()) return false;
        child.linked_in_ = &in;
        in.children.push(child);
        crowded = ++in.registered == crowd && &in == &first_;
    }
    if (crowded) spread();
    return true;
}

// ---------------------------------------------------------------- cancelling

bool cancel_node::mark(cancel_state why, std::exception_ptr const& cause) noexcept {
    spin_guard guard(cause_lock_);
    if (state_.load(std::memory_order_relaxed) != cancel_state::live) return false;
    if (!ended_) cause_ = cause;
    // Release: whoever sees the state sees what came before the cancellation.
    state_.store(why, std::memory_order_release);
    return true;
}

// The first shard comes first: see `spread`.
template <class Act>
void cancel_node::for_each_shard(Act act) noexcept {
    act(first_);
    shard_array* const many = spread_.load(std::memory_order_acquire);
    if (many == nullptr) return;
    for (cancel_shard& s : many->shards) act(s);
}

template <class Append>
void cancel_node::take_children(cancel_counts& counts, Append append) noexcept {
    for_each_shard([&](cancel_shard& in) {
        for (std::size_t count = batch; count == batch;) {
            cancel_node* taken[batch];
            count = 0;
            {
                spin_guard guard(in.lock);
                while (count != batch) {
                    cancel_node* const child = in.children.pop();
                    if (child == nullptr) break;
                    child->hold_memory();
                    taken[count++] = child;
                }
            }
            ++counts.locks;
            for (std::size_t i = 0; i != count; ++i) append(*taken[i]);
        }
    });
}

void cancel_node::raise(cancel_counts& counts) noexcept {
    for_each_shard([&](cancel_shard& in) {
        for (std::size_t count = batch; count == batch;) {
            count = 0;
            {
                spin_guard guard(in.lock);
                while (count != batch) {
                    cancel_scope* const scope = in.scopes.pop();
                    if (scope == nullptr) break;
                    scope->who().raise_cancelled(waiter::by_context);
                    in.raised.push(*scope);
                    ++count;
                }
            }
            ++counts.locks;
            counts.raised += count;
        }
    });
}

void cancel_node::wake(cancel_counts& counts) noexcept {
    for_each_shard([&](cancel_shard& in) {
        for (std::size_t count = batch; count == batch;) {
            waiter* claimed[batch];
            std::size_t asleep = 0;
            count = 0;
            {
                spin_guard guard(in.lock);
                while (count != batch) {
                    cancel_scope* const scope = in.raised.pop();
                    if (scope == nullptr) break;
                    ++count;
                    if (scope->who().claim_cancelled()) claimed[asleep++] = &scope->who();
                }
            }
            ++counts.locks;
            counts.woken += asleep;
            for (std::size_t i = 0; i != asleep; ++i) claimed[i]->deliver(tag_cancelled);
        }
    });
}

cancel_counts cancel_node::cancel(cancel_state why, std::exception_ptr const& cause) noexcept {
    cancel_counts counts;
    if (!mark(why, cause)) {
        announce();
        return counts;
    }
    hold_memory();
    next_in_walk_ = nullptr;
    cancel_node* last = this;
    for (cancel_node* node = this; node != nullptr; node = node->next_in_walk_) {
        ++counts.contexts;
        node->take_children(counts, [&](cancel_node& child) {
            if (!child.mark(why, cause)) return child.release_memory();
            child.next_in_walk_ = nullptr;
            last = last->next_in_walk_ = &child;
        });
    }
    for (cancel_node* node = this; node != nullptr; node = node->next_in_walk_) {
        node->announce();
        node->withdraw_timer();
    }
    for (cancel_node* node = this; node != nullptr; node = node->next_in_walk_) node->raise(counts);
    if (counts.raised != 0) {
        heavy_fence();
        ++counts.fences;
        for (cancel_node* node = this; node != nullptr; node = node->next_in_walk_) node->wake(counts);
    }
    for (cancel_node* node = this; node != nullptr;) {
        cancel_node* const following = node->next_in_walk_;
        node->release_memory();
        node = following;
    }
    return counts;
}

}  // namespace weft::detail

// ---------------------------------------------------------------- the handle

namespace weft {

context::context(context const& other) noexcept : node_(detail::context_access::held(other)) {}

void context::drop() noexcept { detail::context_node::drop(node_); }

std::error_code context::error() const noexcept {
    detail::cancel_node* const by = detail::context_access::cancels(*this);
    if (by == nullptr) return {};
    by->expire_if_due();
    switch (by->state()) {  // NOLINT(clang-analyzer-cplusplus.NewDelete): this handle keeps the node
    case detail::cancel_state::cancelled: return std::make_error_code(std::errc::operation_canceled);
    case detail::cancel_state::timed_out: return std::make_error_code(std::errc::timed_out);
    case detail::cancel_state::live: break;
    }
    return {};
}

std::exception_ptr context::cause() const noexcept {
    detail::cancel_node* const by = detail::context_access::cancels(*this);
    return by == nullptr ? nullptr : by->cause();
}

std::optional<clock::time_point> context::deadline() const noexcept {
    detail::cancel_node const* const by = detail::context_access::cancels(*this);
    if (by == nullptr || by->deadline() == clock::time_point::max()) return std::nullopt;
    return by->deadline();
}

void const* context::find_value(void const* key) const noexcept {
    for (detail::context_node const* node = node_; node != nullptr; node = node->parent())
        if (void const* const value = node->value_of(key)) return value;
    return nullptr;
}

}  // namespace weft
