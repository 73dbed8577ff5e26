#include <weft/detail/cancel_scope.hpp>

#include "thread_waiter.hpp"
#include "worker.hpp"

#include <weft/detail/context_node.hpp>
#include <weft/error.hpp>

namespace weft::detail {

namespace {

cancel_scope*& scopes_of(waiter& w) noexcept {
    return w.what() == waiter::kind::fiber ? static_cast<fiber_control&>(w).scope
                                           : static_cast<thread_waiter&>(w).scope;
}

cancel_state state_of(context const& c) noexcept {
    cancel_node const* const by = context_access::cancels(c);
    return by == nullptr ? cancel_state::live : by->state();
}

}  // namespace

cancel_scope* current_scope() noexcept { return scopes_of(current_waiter()); }

// A scope further out that is registered with the same node, or below it, is reached by the same cancellation.
bool cancel_scope::is_covered_by_outer(cancel_node const* node) const noexcept {
    for (cancel_scope const* s = outer_; s != nullptr; s = s->outer_)
        if (context_access::cancels(s->ctx_) == node) return true;
    return false;
}

void cancel_scope::enter(waiter& who, cancel_scope*& innermost, context under) noexcept {
    who_ = &who;
    outer_ = innermost;
    ctx_ = std::move(under);
    in_ = nullptr;
    cancel_node* const by = context_access::cancels(ctx_);
    if (by != nullptr && !is_covered_by_outer(by) && !by->enlist(*this)) who.raise_cancelled(waiter::by_context);
    innermost = this;
}

void cancel_scope::leave(cancel_scope*& innermost) noexcept {
    innermost = outer_;
    if (in_ != nullptr) cancel_node::delist(*this);
    if (who_->is_cancelled_by(waiter::by_context)) {
        who_->lower_cancelled(waiter::by_context);
        for (cancel_scope const* s = outer_; s != nullptr; s = s->outer_)
            if (state_of(s->ctx_) != cancel_state::live) who_->raise_cancelled(waiter::by_context);
    }
    ctx_ = {};
}

context_scope::context_scope(context const& under) noexcept {
    waiter& self = current_waiter();
    scope_.enter(self, scopes_of(self), under);
}

context_scope::~context_scope() {
    // Not to be looked up again: a fiber keeps its waiter, and a thread too.
    scope_.leave(scopes_of(scope_.who()));
}

bool cancelled_by_deadline() noexcept {
    waiter& self = current_waiter();
    if (self.is_cancelled_by(waiter::by_call)) return false;
    for (cancel_scope const* s = scopes_of(self); s != nullptr; s = s->outer())
        if (cancel_state const state = state_of(s->current()); state != cancel_state::live)
            return state == cancel_state::timed_out;
    return false;
}

void throw_cancelled() {
    if (cancelled_by_deadline()) throw deadline_exceeded{};
    throw cancelled{};
}

}  // namespace weft::detail
