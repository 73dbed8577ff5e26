#pragma once
// A channel of `T`: the buffer, and the operations that finish without parking, typed and inline.
//
// Types whose move may throw travel as `unique_ptr<T>`, so that no user code that may throw runs under the lock or
// between a claim and its delivery. If the last step, moving out of the box, throws, the box goes back to the front of
// the channel.

#include <weft/clock.hpp>
#include <weft/detail/channel_core.hpp>
#include <weft/detail/timer_state.hpp>

#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace weft::detail {

template <class T>
inline constexpr bool travels_bare = std::is_nothrow_move_constructible_v<T>&& std::is_nothrow_destructible_v<T>;

template <class T>
struct channel_box {
    template <class... From>
    explicit channel_box(From&&... from) : value(std::forward<From>(from)...) {}
    T value;
    std::unique_ptr<channel_box> next;  // in the channel's list of returned boxes
};

template <class T>
using channel_element = std::conditional_t<travels_bare<T>, T, std::unique_ptr<channel_box<T>>>;

/// Whether a channel of `T` may be a timer's: its receives then go by `channel::timer`.
template <class T>
inline constexpr bool may_be_timer = std::is_same_v<T, clock::time_point>;

template <class T>
class channel final : public channel_core {
public:
    using element = channel_element<T>;

    /// Of the buffer of a channel that grows.
    static constexpr std::size_t least_room = 64;

    explicit channel(std::size_t capacity) : channel(capacity, capacity) {}
    /// With room for `room` values at first, and for up to `capacity` when they come.
    channel(std::size_t capacity, std::size_t room)
        : channel_core(capacity, room, operations), buffer_(allocate(room)) {}
    ~channel() {
        for (std::size_t n = count_.load(std::memory_order_relaxed); n != 0; --n) {
            std::optional<element> dropped;
            pop(*this, &dropped);
        }
        std::allocator<element>().deallocate(buffer_, room_);
    }

    /// Acts at once or returns `would_wait` *with the lock held*.
    channel_result send_or_lock(element& value) WEFT_NO_THREAD_SAFETY_ANALYSIS {
        lock_.lock();
        if (closed_.load(std::memory_order_relaxed)) [[unlikely]]
            return leave(channel_result::closed);
        if (channel_waiter* to = receivers_.pop_claimed()) {
            bool const charge = count_operation();
            lock_.unlock();
            static_cast<std::optional<element>*>(to->element)->emplace(std::move(value));
            to->token.who->deliver(to->tag);
            if (charge) [[unlikely]]
                charge_budget();
            return channel_result::done;
        }
        std::size_t const n = count_.load(std::memory_order_relaxed);
        if (n >= room_) return channel_result::would_wait;
        put(std::move(value), n);
        set_count(n + 1);
        return leave(channel_result::done);
    }

    /// Acts at once, or returns `would_wait`.
    channel_result send_or_fail(element& value) {
        channel_result const result = send_or_lock(value);
        if (result != channel_result::would_wait) return result;
        unlock();
        return grows_ ? try_send(&value) : result;
    }

    /// Acts at once or returns `would_wait` *with the lock held*. `slot` is empty.
    channel_result receive_or_lock(std::optional<element>& slot) WEFT_NO_THREAD_SAFETY_ANALYSIS {
        lock_.lock();
        if (std::size_t const n = count_.load(std::memory_order_relaxed); n != 0) {
            take(slot);
            if (!senders_.empty() && n <= room_) [[unlikely]]
                return refill(n);
            set_count(n - 1);
            return leave(channel_result::done);
        }
        if (channel_waiter* from = senders_.pop_claimed()) {
            bool const charge = count_operation();
            lock_.unlock();
            slot.emplace(std::move(*static_cast<element*>(from->element)));
            from->token.who->deliver(from->tag);
            if (charge) [[unlikely]]
                charge_budget();
            return channel_result::done;
        }
        if (closed_.load(std::memory_order_relaxed)) return leave(channel_result::closed);
        return channel_result::would_wait;
    }

    /// A receiver could not make use of this value: it becomes the first in line again.
    void put_back(element&& value) requires(!travels_bare<T>) {
        lock_.lock();
        if (channel_waiter* to = receivers_.pop_claimed()) {
            lock_.unlock();
            static_cast<std::optional<element>*>(to->element)->emplace(std::move(value));
            return to->token.who->deliver(to->tag);
        }
        value->next = std::move(returned_.first);
        returned_.first = std::move(value);
        ++returned_.count;
        set_count(count_.load(std::memory_order_relaxed) + 1);
        lock_.unlock();
    }

    timer_state& timer() noexcept requires may_be_timer<T> { return timer_; }

private:
    struct nothing {};
    struct returned_boxes {
        channel_element<T> first;
        std::size_t count = 0;
    };
    struct no_timer {};

    static element* allocate(std::size_t capacity) {
        constexpr std::size_t addressable = std::numeric_limits<std::ptrdiff_t>::max();
        // NOLINTNEXTLINE(bugprone-sizeof-expression): a T may well be a pointer
        if (capacity > addressable / sizeof(element))
            throw std::invalid_argument("weft::make_chan: the capacity is larger than any memory");
        return std::allocator<element>().allocate(capacity);
    }

    /// The unlock is the last access to the channel.
    channel_result leave(channel_result result) WEFT_NO_THREAD_SAFETY_ANALYSIS {
        if (count_operation()) [[unlikely]] {
            leave_charged();
            return result;
        }
        lock_.unlock();
        return result;
    }
    WEFT_NOINLINE void leave_charged() WEFT_NO_THREAD_SAFETY_ANALYSIS {
        bool const wasteful = grows_ && room_ > least_room && count_.load(std::memory_order_relaxed) < room_ / 8;
        if (wasteful) hold();
        lock_.unlock();
        if (wasteful) {
            shrink();
            if (drop()) delete this;
        }
        charge_budget();
    }

    static std::size_t next_room(std::size_t room, std::size_t most) noexcept {
        if (room > most / 2) return most;
        std::size_t const least = most < least_room ? most : least_room;
        return room * 2 > least ? room * 2 : least;
    }
    static void grow(channel_core& full) {
        auto& self = static_cast<channel&>(full);
        self.lock();
        std::size_t const room = self.room_;
        self.unlock();
        std::size_t const most = self.capacity_;
        if (room < most) self.change_room(room, next_room(room, most));
    }
    void shrink() noexcept {
        lock();
        std::size_t const room = room_;
        unlock();
        try {
            if (room / 4 >= least_room) change_room(room, room / 4);
        } catch (std::bad_alloc const&) {}  // then it stays as it is
    }
    /// Unless somebody else was first, or the values would not fit.
    void change_room(std::size_t from, std::size_t to) WEFT_NO_THREAD_SAFETY_ANALYSIS {
        element* unused = allocate(to);
        std::size_t unused_room = to;
        lock();
        std::size_t const n = buffered();
        if (room_ == from && n <= to) {
            for (std::size_t i = 0; i != n; ++i) {
                ::new (static_cast<void*>(unused + i)) element(std::move(buffer_[head_]));
                buffer_[head_].~element();
                if (++head_ == room_) head_ = 0;
            }
            head_ = 0;
            std::swap(buffer_, unused);
            std::swap(room_, unused_room);
        }
        unlock();
        std::allocator<element>().deallocate(unused, unused_room);
    }
    /// Those of the queued values that are not in the list of returned boxes.
    std::size_t buffered() const noexcept {
        std::size_t n = count_.load(std::memory_order_relaxed);
        if constexpr (!travels_bare<T>) n -= returned_.count;
        return n;
    }

    /// One of `n` values was taken: the oldest waiting sender's value gets the free place.
    WEFT_NOINLINE channel_result refill(std::size_t n) WEFT_NO_THREAD_SAFETY_ANALYSIS {
        channel_waiter* const from = senders_.pop_claimed();
        if (from == nullptr) {
            set_count(n - 1);
            return leave(channel_result::done);
        }
        put(std::move(*static_cast<element*>(from->element)), n - 1);
        bool const charge = count_operation();
        lock_.unlock();
        from->token.who->deliver(from->tag);
        if (charge) charge_budget();
        return channel_result::done;
    }

    /// Behind the `n` values that are there.
    void put(element&& value, std::size_t n) noexcept {
        if constexpr (!travels_bare<T>) n -= returned_.count;
        std::size_t const end = head_ + n;
        std::size_t const free = end < room_ ? end : end - room_;
        ::new (static_cast<void*>(buffer_ + free)) element(std::move(value));
    }
    void take(std::optional<element>& slot) noexcept {
        if constexpr (!travels_bare<T>) {
            if (returned_.count != 0) [[unlikely]] {
                --returned_.count;
                slot.emplace(std::exchange(returned_.first, std::move(returned_.first->next)));
                return;
            }
        }
        slot.emplace(std::move(buffer_[head_]));
        buffer_[head_].~element();
        if (++head_ == room_) head_ = 0;
    }

    static void push(channel_core& to, void* value, std::size_t n) {
        static_cast<channel&>(to).put(std::move(*static_cast<element*>(value)), n);
    }
    static void pop(channel_core& from, void* slot) {
        static_cast<channel&>(from).take(*static_cast<std::optional<element>*>(slot));
    }
    static void move_to_slot(void* slot, void* value) {
        static_cast<std::optional<element>*>(slot)->emplace(std::move(*static_cast<element*>(value)));
    }
    static constexpr element_operations operations{&push, &pop, &move_to_slot, &grow};

    element* buffer_;
    [[no_unique_address]] std::conditional_t<travels_bare<T>, nothing, returned_boxes> returned_{};
    [[no_unique_address]] std::conditional_t<may_be_timer<T>, timer_state, no_timer> timer_{};
};

/// An element made of the caller's value, and the way back if nobody took it.
///
/// An lvalue is copied here, before any lock. An rvalue that travels bare is referred to and moved from only by whoever
/// takes it. In a box travels a copy where there is one, as with `std::move_if_noexcept`: an operation that fails
/// leaves the value untouched. `Moves`: the caller's value is an rvalue.
template <class T, bool Moves>
class outgoing {
public:
    using element = channel_element<T>;

    explicit outgoing(T const& value) requires(!Moves) : made_(make(value)) {}
    explicit outgoing(T&& value) requires Moves : original_(&value) {
        if constexpr (!travels_bare<T>) made_.emplace(make_from_rvalue(value));
    }
    outgoing(outgoing const&) = delete;

    element& get() noexcept {
        if constexpr (travels_bare<T> && Moves)
            return *original_;
        else
            return *made_;
    }
    /// Nobody took it: the caller's value is as it was.
    void restore() {
        if constexpr (Moves && !travels_bare<T> && !std::is_copy_constructible_v<T>)
            if (*made_ != nullptr) {
                std::destroy_at(original_);
                std::construct_at(original_, std::move((*made_)->value));
            }
    }

private:
    static element make(T const& value) {
        if constexpr (travels_bare<T>)
            return value;
        else
            return std::make_unique<channel_box<T>>(value);
    }
    static element make_from_rvalue(T& value) {
        if constexpr (std::is_copy_constructible_v<T>)
            return std::make_unique<channel_box<T>>(std::as_const(value));
        else
            return std::make_unique<channel_box<T>>(std::move(value));
    }

    [[maybe_unused]] T* original_ = nullptr;
    std::optional<element> made_;
};

}  // namespace weft::detail
