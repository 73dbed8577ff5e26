#pragma once
#include <weft/clock.hpp>
#include <weft/detail/channel_calls.hpp>
#include <weft/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace weft {

/// The empty value, for channels that carry signals.
struct unit {
    friend bool operator==(unit, unit) { return true; }
};

/// Marks the end of a channel in a range-for.
struct chan_sentinel {};

/// Receives as it is incremented; for `for (auto v : ch)`. Dereference once per step: that moves the value out. It
/// refers to the channel without owning it: keep a handle until the loop has ended.
template <class T>
class chan_iterator {
public:
    using value_type = T;                               ///< What is received.
    using difference_type = std::ptrdiff_t;             ///< Required of an iterator.
    using iterator_category = std::input_iterator_tag;  ///< Each value can be read once.
    using pointer = void;                               ///< There is no place to point to.
    using reference = T;                                ///< A value is moved out, not referred to.

    /// Moves the current value out.
    T operator*() const { return std::move(*value_); }
    /// Waits for the next value.
    chan_iterator& operator++() {
        detail::receive_until(channel_, value_, clock::time_point::max());
        return *this;
    }
    /// The same; there is no copy of the old position to return.
    void operator++(int) { ++*this; }
    /// At the end when the channel is closed and drained.
    friend bool operator==(chan_iterator const& i, chan_sentinel) noexcept { return !i.value_.has_value(); }

private:
    template <class>
    friend class recv_chan;
    template <class>
    friend class chan;
    explicit chan_iterator(detail::channel<T>* c) : channel_(c), value_(detail::receive(c)) {}

    detail::channel<T>* channel_;
    mutable std::optional<T> value_;
};

/// A receive slot: a `T&`, written only on `ok`, or a `std::optional<T>&`, which is `nullopt` unless `ok`.
template <class Slot, class T>
concept slot_for = std::is_same_v<Slot, T> || std::is_same_v<Slot, std::optional<T>>;

template <class T>
class chan;
template <class T>
chan<T> make_chan(std::ptrdiff_t capacity = 0);
template <class T>
chan<T> make_unbounded_chan(std::size_t max_items = SIZE_MAX);

/// The sending view of a channel: a handle, as `chan` is; see there for what the calls do.
///
/// Thread safety: any member, from any fiber or thread, at any time.
template <class T>
class send_chan : public detail::channel_handle<T> {
public:
    /// What the channel carries.
    using value_type = T;
    /// Nil.
    send_chan() noexcept = default;

    /// Waits until a receiver or a free place takes a copy of `value`.
    /// Errors: `closed_channel` if the channel is or becomes closed.
    void send(T const& value) const { detail::send(this->channel_, value); }
    /// Waits until a receiver or a free place takes `value`.
    /// Errors: `closed_channel` if the channel is or becomes closed; `value` is then untouched.
    void send(T&& value) const { detail::send(this->channel_, std::move(value)); }
    /// Sends if that needs no waiting: `ok`, `would_block` or `closed`.
    chan_status try_send(T const& value) const { return detail::try_send(this->channel_, value); }
    /// The same; `value` is moved from only on `ok`.
    chan_status try_send(T&& value) const { return detail::try_send(this->channel_, std::move(value)); }
    /// Sends, waiting at most until `deadline`: `ok`, `timed_out` or `closed`.
    chan_status send_until(T const& value, clock::time_point deadline) const {
        return detail::send_until(this->channel_, value, deadline);
    }
    /// The same; `value` is moved from only on `ok`.
    chan_status send_until(T&& value, clock::time_point deadline) const {
        return detail::send_until(this->channel_, std::move(value), deadline);
    }
    /// Sends, waiting at most for `d`: `ok`, `timed_out` or `closed`.
    template <class Rep, class Period>
    chan_status send_for(T const& value, std::chrono::duration<Rep, Period> d) const {
        return send_until(value, detail::deadline_after(d));
    }
    /// The same; `value` is moved from only on `ok`.
    template <class Rep, class Period>
    chan_status send_for(T&& value, std::chrono::duration<Rep, Period> d) const {
        return send_until(std::move(value), detail::deadline_after(d));
    }
    /// Nothing more will be sent: wakes every waiter. What is buffered can still be received.
    /// Errors: `closed_channel` if it is closed already, or nil.
    void close() const { detail::close(this->channel_); }

    friend bool operator==(send_chan const& a, send_chan const& b) noexcept { return a.channel_ == b.channel_; }

private:
    template <class>
    friend class chan;
    send_chan(detail::as_view, detail::channel_handle<T> const& of) noexcept : detail::channel_handle<T>(of) {}
};

/// The receiving view of a channel: a handle, as `chan` is; see there for what the calls do.
///
/// Thread safety: any member, from any fiber or thread, at any time.
template <class T>
class recv_chan : public detail::channel_handle<T> {
public:
    /// What the channel carries.
    using value_type = T;
    /// Nil.
    recv_chan() noexcept = default;

    /// Waits for a value. `nullopt`: closed and drained.
    std::optional<T> recv() const { return detail::receive(this->channel_); }
    /// Receives if that needs no waiting: `ok`, `would_block` or `closed` (and drained).
    template <slot_for<T> Slot>
    chan_status try_recv(Slot& slot) const {
        return detail::try_receive(this->channel_, slot);
    }
    /// Receives, waiting at most until `deadline`: `ok`, `timed_out` or `closed` (and drained).
    template <slot_for<T> Slot>
    chan_status recv_until(Slot& slot, clock::time_point deadline) const {
        return detail::receive_until(this->channel_, slot, deadline);
    }
    /// Receives, waiting at most for `d`: `ok`, `timed_out` or `closed` (and drained).
    template <slot_for<T> Slot, class Rep, class Period>
    chan_status recv_for(Slot& slot, std::chrono::duration<Rep, Period> d) const {
        return recv_until(slot, detail::deadline_after(d));
    }
    /// Receives the first value.
    chan_iterator<T> begin() const { return chan_iterator<T>(this->channel_); }
    /// Closed and drained.
    chan_sentinel end() const noexcept { return {}; }

    friend bool operator==(recv_chan const& a, recv_chan const& b) noexcept { return a.channel_ == b.channel_; }

private:
    template <class>
    friend class chan;
    recv_chan(detail::as_view, detail::channel_handle<T> const& of) noexcept : detail::channel_handle<T>(of) {}
};

/// A channel that carries values of `T` between fibers and OS threads.
///
/// A `chan` is a handle: copies refer to the same channel, equality is identity, and a default-constructed one is Go's
/// nil channel, on which sending and receiving wait for ever. With capacity 0 every send meets a receive. Waiters are
/// served first come, first served. All members are `const`: a handle captured by value in a lambda works. `size()` is
/// the number of values queued, `capacity()` that of places for them, both 0 for nil; a handle that is not nil is true.
///
/// Thread safety: any member, from any fiber or thread, at any time.
/// Blocks: parks the calling fiber (or blocks the plain thread); its worker runs others meanwhile.
/// Errors: a call that would wait throws `cancelled` in a cancelled fiber; the value is untouched then.
/// Source: https://go.dev/ref/spec#Channel_types
template <class T>
class chan : public detail::channel_handle<T> {
public:
    /// What the channel carries.
    using value_type = T;
    /// Nil.
    chan() noexcept = default;

    /// Waits until a receiver or a free place takes a copy of `value`.
    /// Errors: `closed_channel` if the channel is or becomes closed.
    void send(T const& value) const { detail::send(this->channel_, value); }
    /// Waits until a receiver or a free place takes `value`.
    /// Errors: `closed_channel` if the channel is or becomes closed; `value` is then untouched.
    void send(T&& value) const { detail::send(this->channel_, std::move(value)); }
    /// Sends if that needs no waiting: `ok`, `would_block` or `closed`.
    chan_status try_send(T const& value) const { return detail::try_send(this->channel_, value); }
    /// The same; `value` is moved from only on `ok`.
    chan_status try_send(T&& value) const { return detail::try_send(this->channel_, std::move(value)); }
    /// Sends, waiting at most until `deadline`: `ok`, `timed_out` or `closed`.
    chan_status send_until(T const& value, clock::time_point deadline) const {
        return detail::send_until(this->channel_, value, deadline);
    }
    /// The same; `value` is moved from only on `ok`.
    chan_status send_until(T&& value, clock::time_point deadline) const {
        return detail::send_until(this->channel_, std::move(value), deadline);
    }
    /// Sends, waiting at most for `d`: `ok`, `timed_out` or `closed`.
    template <class Rep, class Period>
    chan_status send_for(T const& value, std::chrono::duration<Rep, Period> d) const {
        return send_until(value, detail::deadline_after(d));
    }
    /// The same; `value` is moved from only on `ok`.
    template <class Rep, class Period>
    chan_status send_for(T&& value, std::chrono::duration<Rep, Period> d) const {
        return send_until(std::move(value), detail::deadline_after(d));
    }

    /// Waits for a value. `nullopt`: closed and drained.
    std::optional<T> recv() const { return detail::receive(this->channel_); }
    /// Receives if that needs no waiting: `ok`, `would_block` or `closed` (and drained).
    template <slot_for<T> Slot>
    chan_status try_recv(Slot& slot) const {
        return detail::try_receive(this->channel_, slot);
    }
    /// Receives, waiting at most until `deadline`: `ok`, `timed_out` or `closed` (and drained).
    template <slot_for<T> Slot>
    chan_status recv_until(Slot& slot, clock::time_point deadline) const {
        return detail::receive_until(this->channel_, slot, deadline);
    }
    /// Receives, waiting at most for `d`: `ok`, `timed_out` or `closed` (and drained).
    template <slot_for<T> Slot, class Rep, class Period>
    chan_status recv_for(Slot& slot, std::chrono::duration<Rep, Period> d) const {
        return recv_until(slot, detail::deadline_after(d));
    }

    /// Nothing more will be sent: wakes every waiter. What is buffered can still be received.
    /// Errors: `closed_channel` if it is closed already, or nil.
    void close() const { detail::close(this->channel_); }

    /// Receives the first value; the loop ends when the channel is closed and drained.
    chan_iterator<T> begin() const { return chan_iterator<T>(this->channel_); }
    /// Closed and drained.
    chan_sentinel end() const noexcept { return {}; }

    /// The sending view of the same channel.
    operator send_chan<T>() const noexcept { return {detail::as_view{}, *this}; }
    /// The receiving view of the same channel.
    operator recv_chan<T>() const noexcept { return {detail::as_view{}, *this}; }

    friend bool operator==(chan const& a, chan const& b) noexcept { return a.channel_ == b.channel_; }

private:
    template <class U>
    friend chan<U> make_chan(std::ptrdiff_t capacity);
    template <class U>
    friend chan<U> make_unbounded_chan(std::size_t max_items);
    explicit chan(detail::channel<T>& made) noexcept : detail::channel_handle<T>(made) {}
};

/// Makes a channel that buffers up to `capacity` values.
/// Errors: `std::invalid_argument` for a negative or absurd capacity, `std::bad_alloc`.
template <class T>
chan<T> make_chan(std::ptrdiff_t capacity) {
    static_assert(std::is_object_v<T> && !std::is_const_v<T> && std::is_move_constructible_v<T>,
                  "a channel carries movable values; send a pointer or a std::reference_wrapper instead");
    if (capacity < 0) throw std::invalid_argument("weft::make_chan: negative capacity " + std::to_string(capacity));
    return chan<T>(*new detail::channel<T>(static_cast<std::size_t>(capacity)));
}

/// Makes a channel whose buffer grows with what is queued, up to `max_items` values: until then sending does not wait.
///
/// In everything else it is a channel like any other: values arrive in order, also those of different senders, and select,
/// close and the timed calls work. Memory is given back after a burst. `capacity()` is `max_items`.
/// Errors: a send that finds no memory to grow throws `std::bad_alloc`; its value is untouched.
template <class T>
chan<T> make_unbounded_chan(std::size_t max_items) {
    static_assert(std::is_object_v<T> && !std::is_const_v<T> && std::is_move_constructible_v<T>,
                  "a channel carries movable values; send a pointer or a std::reference_wrapper instead");
    std::size_t const room = detail::channel<T>::least_room;
    return chan<T>(*new detail::channel<T>(max_items, max_items < room ? max_items : room));
}

}  // namespace weft
