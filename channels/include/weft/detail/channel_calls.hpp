#pragma once
// The calls on a channel, written once for `chan` and its one-way views.

#include <weft/clock.hpp>
#include <weft/detail/channel.hpp>

#include <optional>
#include <utility>

namespace weft {

/// How a call that may fail to send or receive ended.
enum class chan_status {
    ok,           ///< done
    would_block,  ///< a `try_` call would have had to wait
    timed_out,    ///< the deadline passed first
    closed        ///< sending: closed; receiving: closed and drained
};

namespace detail {

inline chan_status to_status(channel_result r) noexcept {
    switch (r) {
    case channel_result::done: return chan_status::ok;
    case channel_result::closed: return chan_status::closed;
    case channel_result::timed_out: return chan_status::timed_out;
    case channel_result::would_wait: break;
    }
    return chan_status::would_block;
}

/// Tells the constructor of a view from a conversion.
struct as_view {};

/// Shared ownership of a channel; null is the nil channel.
template <class T>
class channel_handle {
public:
    channel_handle() noexcept = default;
    channel_handle(channel_handle const& other) noexcept : channel_(other.channel_) {
        if (channel_ != nullptr) channel_->hold();
    }
    channel_handle(channel_handle&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
    channel_handle& operator=(channel_handle other) noexcept {
        std::swap(channel_, other.channel_);
        return *this;
    }
    ~channel_handle() {
        if (channel_ != nullptr && channel_->drop()) delete channel_;
    }

    /// The number of values queued; 0 for nil.
    std::size_t size() const noexcept { return channel_ == nullptr ? 0 : channel_->size(); }
    /// The number of values that can be queued; 0 for nil.
    std::size_t capacity() const noexcept { return channel_ == nullptr ? 0 : channel_->capacity(); }
    /// Whether this is a channel and not nil.
    explicit operator bool() const noexcept { return channel_ != nullptr; }

    /// For select.
    channel<T>* core() const noexcept { return channel_; }

protected:
    explicit channel_handle(channel<T>& made) noexcept : channel_(&made) {}

    channel<T>* channel_ = nullptr;
};

/// What arrived, as the caller wants it. A boxed value that cannot be moved out goes back into the channel.
template <class T, class Use>
void unpack(channel<T>& from, channel_element<T>& arrived, Use use) {
    if constexpr (travels_bare<T>) {
        use(std::move(arrived));
    } else {
        try {
            use(std::move(arrived->value));
        } catch (...) {
            from.put_back(std::move(arrived));
            throw;
        }
    }
}

template <class T, class V>
channel_result send_by(channel<T>* to, V&& value, clock::time_point deadline) {
    if (to == nullptr) return wait_on_nil(deadline);
    outgoing<T, !std::is_lvalue_reference_v<V>> out(std::forward<V>(value));
    channel_result result{};
    if constexpr (travels_bare<T>) {
        result = to->send_or_lock(out.get());
        if (result == channel_result::would_wait) result = to->wait_to_send(&out.get(), deadline);
    } else {
        try {
            result = to->send_or_lock(out.get());
            if (result == channel_result::would_wait) result = to->wait_to_send(&out.get(), deadline);
        } catch (...) {
            out.restore();
            throw;
        }
    }
    if (result != channel_result::done) out.restore();
    return result;
}

template <class T, class V>
void send(channel<T>* to, V&& value) {
    if (send_by(to, std::forward<V>(value), clock::time_point::max()) == channel_result::closed) [[unlikely]]
        throw_closed("weft: send on a closed channel");
}

template <class T, class V>
chan_status send_until(channel<T>* to, V&& value, clock::time_point deadline) {
    return to_status(send_by(to, std::forward<V>(value), deadline));
}

template <class T, class V>
chan_status try_send(channel<T>* to, V&& value) {
    if (to == nullptr) return chan_status::would_block;
    if (to->cannot_send()) {
        to->count_miss();
        return chan_status::would_block;
    }
    outgoing<T, !std::is_lvalue_reference_v<V>> out(std::forward<V>(value));
    channel_result result{};
    if constexpr (travels_bare<T>) {
        result = to->send_or_fail(out.get());
    } else {
        try {
            result = to->send_or_fail(out.get());
        } catch (...) {
            out.restore();
            throw;
        }
    }
    if (result != channel_result::done) out.restore();
    return to_status(result);
}

/// Gives an arrived value to the caller's object.
template <class T>
void store(channel<T>& from, channel_element<T>& arrived, T& slot) {
    unpack(from, arrived, [&](T&& value) {
        // A bare value has left the channel for good, so nothing may throw any more.
        if constexpr (travels_bare<T> ? std::is_nothrow_move_assignable_v<T> : std::is_move_assignable_v<T>) {
            slot = std::move(value);
        } else {
            std::destroy_at(&slot);
            std::construct_at(&slot, std::move(value));
        }
    });
}

/// The same into an empty optional.
template <class T>
void store(channel<T>& from, channel_element<T>& arrived, std::optional<T>& slot) {
    unpack(from, arrived, [&](T&& value) { slot.emplace(std::move(value)); });
}

/// How a receive gets its value into `slot`, a `T` or an empty `std::optional<T>`: `act` fills an empty optional of the element.
template <class T, class Slot, class Act>
channel_result receive_with(channel<T>& from, Slot& slot, Act act) {
    if constexpr (std::is_same_v<Slot, std::optional<channel_element<T>>>) {
        return act(slot);
    } else {
        std::optional<channel_element<T>> arrived;
        channel_result const result = act(arrived);
        if (result == channel_result::done) store(from, *arrived, slot);
        return result;
    }
}

template <class T, class Slot>
chan_status receive_until(channel<T>* from, Slot& slot, clock::time_point deadline) {
    if constexpr (!std::is_same_v<Slot, T>) slot.reset();
    if (from == nullptr) [[unlikely]]
        return to_status(wait_on_nil(deadline));
    if constexpr (may_be_timer<T>) {
        if (from->timer().is_timer()) {
            clock::time_point tick;
            channel_result const result = from->timer().take_until(tick, deadline);
            if (result == channel_result::done) slot = tick;
            return to_status(result);
        }
    }
    return to_status(receive_with(*from, slot, [=](std::optional<channel_element<T>>& arrived) {
        channel_result const result = from->receive_or_lock(arrived);
        return result == channel_result::would_wait ? from->wait_to_receive(&arrived, deadline) : result;
    }));
}

template <class T, class Slot>
chan_status try_receive(channel<T>* from, Slot& slot) {
    if constexpr (!std::is_same_v<Slot, T>) slot.reset();
    if (from == nullptr) return chan_status::would_block;
    if constexpr (may_be_timer<T>) {
        if (from->timer().is_timer()) {
            clock::time_point tick;
            if (from->timer().take(tick)) {
                slot = tick;
                return chan_status::ok;
            }
            from->count_miss();
            return chan_status::would_block;
        }
    }
    if (from->cannot_receive()) {
        from->count_miss();
        return chan_status::would_block;
    }
    return to_status(receive_with(*from, slot, [=](std::optional<channel_element<T>>& arrived) {
        channel_result const result = from->receive_or_lock(arrived);
        if (result == channel_result::would_wait) from->unlock();
        return result;
    }));
}

template <class T>
std::optional<T> receive(channel<T>* from) {
    std::optional<T> value;
    receive_until(from, value, clock::time_point::max());
    return value;
}

template <class T>
void close(channel<T>* c) {
    if (c == nullptr) throw_closed("weft: close of a nil channel");
    c->close();
}

}  // namespace detail

}  // namespace weft
