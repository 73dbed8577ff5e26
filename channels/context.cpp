// What contexts have beyond the tree in sched: the `done` channel, and Go's names.
//
// Invariants: the channel is made by the first `done`, and closed once, by the first announcement that finds it; the other
//             announcements return when it is closed. `done` looks at the state after it has published the channel, a
//             canceller announces after it has set the state: one of the two sees the other, by the lock.
#include <weft/context.hpp>
#include <weft/select.hpp>

#include <atomic>
#include <mutex>
#include <utility>

namespace weft {

namespace {

class done_node final : public detail::cancel_node {
public:
    using cancel_node::cancel_node;

    recv_chan<unit> done() {
        // Acquire: pairs with the release below.
        if (!made_.load(std::memory_order_acquire)) {
            auto fresh = make_chan<unit>();
            {
                detail::spin_guard guard(lock_);
                if (!made_.load(std::memory_order_relaxed)) {
                    std::swap(channel_, fresh);
                    made_.store(true, std::memory_order_release);
                }
            }
            if (is_cancelled()) announce();
        }
        return channel_;
    }

private:
    void announce() noexcept override {
        bool mine = false;
        {
            detail::spin_guard guard(lock_);
            if (!made_.load(std::memory_order_relaxed)) return;
            mine = !std::exchange(closing_, true);
        }
        if (mine) {
            channel_.close();
            closed_.store(true, std::memory_order_release);
        }
        // Another's close is a few instructions away; whoever returns from here relies on it.
        for (detail::patience waits; !closed_.load(std::memory_order_acquire);) waits.wait();
    }

    detail::spin_lock lock_;
    std::atomic<bool> made_{false};  // written under the lock
    bool closing_ WEFT_GUARDED_BY(lock_) = false;
    std::atomic<bool> closed_{false};  // by whoever set closing_
    chan<unit> channel_;               // constant once made_
};

context make_child(context const& parent, clock::time_point deadline) {
    clock::time_point const above = parent.deadline().value_or(clock::time_point::max());
    auto* const node = new done_node(detail::context_access::held(parent), above < deadline ? above : deadline);
    context made = detail::context_access::adopt(node);
    node->adopt();
    return made;
}

}  // namespace

recv_chan<unit> context::done() const {
    detail::cancel_node* const by = detail::context_access::cancels(*this);
    if (by == nullptr) return {};
    by->expire_if_due();
    return static_cast<done_node*>(by)->done();  // there are no others here
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the signature that programs know
void cancel_function::operator()(std::exception_ptr cause) const noexcept {
    if (detail::cancel_node* const node = detail::context_access::cancels(ctx_); node != nullptr)
        node->cancel(detail::cancel_state::cancelled, cause);
}

cancellable with_cancel(context const& parent) { return with_deadline(parent, clock::time_point::max()); }

cancellable with_deadline(context const& parent, clock::time_point t) {
    context const made = make_child(parent, t);
    return {made, cancel_function(made)};
}

cancellable with_timeout(context const& parent, clock::duration d) {
    return with_deadline(parent, detail::deadline_after(d));
}

context without_cancel(context const& parent) {
    if (detail::context_access::cancels(parent) == nullptr) return parent;
    return detail::context_access::adopt(new detail::context_node(detail::context_access::held(parent), nullptr));
}

namespace detail {

bounded_scope::bounded_scope(clock::time_point t)
    : child_{make_child(this_fiber::current_context(), t)}, scope_(child_.ctx) {}

bounded_scope::cancel_at_end::~cancel_at_end() {
    context_access::cancels(ctx)->cancel(cancel_state::cancelled, nullptr);
}

bool callback_state::wait() {
    select(on_done(ctx_), on_recv(stopped_, [](std::optional<unit>) {}));
    phase expected = phase::waiting;
    return phase_.compare_exchange_strong(expected, phase::started, std::memory_order_acq_rel);
}

bool callback_state::stop() {
    // Once the context is cancelled the function counts as started, as soon as its fiber gets to it.
    if (ctx_.error()) return false;
    phase expected = phase::waiting;
    if (!phase_.compare_exchange_strong(expected, phase::stopped, std::memory_order_acq_rel)) return false;
    stopped_.close();
    return true;
}

}  // namespace detail

}  // namespace weft
