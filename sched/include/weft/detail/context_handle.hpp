#pragma once
// `weft::context`, the class alone: a fiber holds one. Programs include <weft/context.hpp>, which has what makes them.

#include <weft/clock.hpp>

#include <exception>
#include <optional>
#include <system_error>
#include <utility>

namespace weft {

struct unit;
template <class T>
class recv_chan;

namespace detail {

class context_node;
struct context_access;

/// Identifies a type, by its address.
template <class T>
inline char type_key = 0;

}  // namespace detail

/// What a piece of work runs under: whether it was cancelled and why, its deadline, and values for what it calls.
///
/// A handle: copies share. Contexts form a tree, by `with_cancel`, `with_deadline`, `with_timeout` and `with_value`; cancelling
/// one cancels those derived from it before the call returns. A context that is dropped without having been cancelled
/// leaves nothing behind, its timer neither.
///
/// Every fiber has a current context (`this_fiber::current_context`); when that is cancelled, the fiber's waits throw
/// `cancelled`, or `deadline_exceeded` if a deadline was the reason.
///
/// Thread safety: `const` members from any fiber or thread at any time; different handles of one context are independent.
/// Source: https://pkg.go.dev/context
class context {
public:
    /// The background: never cancelled, no deadline, no values.
    context() noexcept = default;
    /// The same.
    static context background() noexcept { return {}; }

    /// The same context.
    context(context const& other) noexcept;
    /// The other one is the background then.
    context(context&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    /// The same context as `other`.
    context& operator=(context other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~context() {
        if (node_ != nullptr) drop();
    }

    /// A channel that is closed when this context is cancelled, before any wait throws because of it; nil if it never can
    /// be. To wait for it in a select, see also `on_done`.
    /// Errors: `std::bad_alloc`; the channel is made by the first call.
    recv_chan<unit> done() const;

    /// None, `std::errc::operation_canceled`, or `std::errc::timed_out` once the deadline has passed.
    std::error_code error() const noexcept;
    /// What the cancel function was given first, here or in a context above; or null.
    std::exception_ptr cause() const noexcept;
    /// When it will be cancelled at the latest.
    std::optional<clock::time_point> deadline() const noexcept;

    /// The value of type `T` that was added last on the way here, or null. Lives as long as this context.
    template <class T>
    T const* value() const noexcept {
        return static_cast<T const*>(find_value(&detail::type_key<T>));
    }

    /// Identity: both handles share one context.
    friend bool operator==(context const& a, context const& b) noexcept { return a.node_ == b.node_; }

private:
    friend struct detail::context_access;

    void const* find_value(void const* key) const noexcept;
    void drop() noexcept;

    detail::context_node* node_ = nullptr;
};

}  // namespace weft
