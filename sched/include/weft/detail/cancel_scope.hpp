#pragma once
// A stretch of a fiber's (or a thread's) run under a context: from its start to its end, or a `with_context`.
//
// Scopes nest. The innermost one's context is the current one; for cancellation all of them count. A fiber is to throw iff
//
//     it was cancelled itself (`by_call`: its handle, the end of its runtime; for the rest of its life), or
//     the context of a scope that it is in is cancelled (`by_context`: until it has left that scope).
//
// Proof that `by_context` is right. A canceller sets a node's state, later sets the flag of each scope it finds linked, under
// the lock of their list. Entering links the scope under that lock, or finds the state set and sets the flag itself. So inside
// a scope whose node is cancelled the flag gets set, before the cancel returns. Leaving unlinks, under the lock: thereafter
// nobody sets the flag because of this scope. It then clears the flag, and sets it again if the node of a scope further out
// is cancelled. A canceller of such a node that set the flag before it was cleared has set the state before (the clearing
// acquires what the setting released), which is seen here; one that comes later sets the flag anew.
//
// Nobody is woken out of a wait that began outside the scope: wakers claim under the lock, while the scope is linked, and a
// claimed sleeper stays where it is until it is delivered.
//
// Who touches what: `outer` and `ctx` the fiber alone; the links and `in`, see context_node.hpp.

#include <weft/detail/context_handle.hpp>
#include <weft/detail/list_link.hpp>
#include <weft/detail/waiter.hpp>

namespace weft::detail {

class cancel_node;
struct cancel_shard;

class cancel_scope : public list_link<cancel_scope> {
public:
    cancel_scope() = default;
    cancel_scope(cancel_scope const&) = delete;

    context const& current() const noexcept { return ctx_; }
    cancel_scope* outer() const noexcept { return outer_; }
    waiter& who() const noexcept { return *who_; }

    /// Begins the scope of the caller, or of a fiber that does not run yet. `innermost` is where `who` keeps its scopes.
    void enter(waiter& who, cancel_scope*& innermost, context under) noexcept;
    /// Ends it; it must be the innermost.
    void leave(cancel_scope*& innermost) noexcept;

private:
    friend class cancel_node;

    bool is_covered_by_outer(cancel_node const* node) const noexcept;

    context ctx_;
    cancel_scope* outer_ = nullptr;
    waiter* who_ = nullptr;
    cancel_shard* in_ = nullptr;  // where it is registered; null: nowhere
};

/// The innermost scope of the calling fiber or thread; null: it runs under the background.
cancel_scope* current_scope() noexcept;

/// `with_context` for the length of a block.
class context_scope {
public:
    explicit context_scope(context const& under) noexcept;
    ~context_scope();
    context_scope(context_scope const&) = delete;

private:
    cancel_scope scope_;
};

/// Whether a wait of the caller that was cancelled was so because of a deadline.
bool cancelled_by_deadline() noexcept;

}  // namespace weft::detail
