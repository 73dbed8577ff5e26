#pragma once
// The cases that `on_recv`, `on_send` and the rest make. They live in one full expression and refer to handle, value
// and handler; the owning forms, for `select_case`, hold them.

#include <weft/detail/channel_calls.hpp>
#include <weft/detail/select_case.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft::detail {

struct no_handler {
    void operator()() const noexcept {}
};

/// `F` as an owner holds it: an lvalue stays a reference only where it is a slot.
template <class F>
using owned = std::decay_t<F>;

template <class T, class Sink>
inline constexpr bool is_slot = std::is_same_v<std::remove_reference_t<Sink>, std::optional<T>>;

/// `Sink` is the handler or slot: a reference type, or an object type in an owning case.
template <class T, class Sink>
class receive_case_base : public select_entry {
public:
    void complete() final {
        if constexpr (is_slot<T, Sink>) {
            take(sink_);
        } else {
            std::optional<T> value;
            take(value);
            sink_(std::move(value));
        }
    }
    /// `complete` without sleeping; false: not ready.
    bool try_now() {
        auto* const from = static_cast<detail::channel<T>*>(channel);
        if (from == nullptr) return false;
        if constexpr (may_be_timer<T>) {
            if (from->timer().is_timer()) {
                if (!timer_.try_take()) {
                    from->count_miss();
                    return false;
                }
                complete();
                return true;
            }
        }
        if (from->cannot_receive()) {
            from->count_miss();
            return false;
        }
        if (from->receive_or_lock(arrived_) == channel_result::would_wait) {
            from->unlock();
            return false;
        }
        complete();
        return true;
    }

protected:
    template <class S>
    receive_case_base(detail::channel<T>* c, S&& sink) : sink_(std::forward<S>(sink)) {
        what = kind::receive;
        channel = c;
        element = &arrived_;
        if constexpr (may_be_timer<T>) {
            if (c == nullptr || !c->timer().is_timer()) return;
            timer_.bind(c->timer(), arrived_);
            what = kind::source;
            source = &timer_;
        }
    }

    Sink sink_;

private:
    void take(std::optional<T>& slot) {
        slot.reset();
        if (!arrived_) return;
        // Out of this case, which may be used again, whatever happens to it now.
        std::optional<channel_element<T>> mine(std::move(arrived_));
        arrived_.reset();
        store(static_cast<detail::channel<T>&>(*channel), *mine, slot);
    }

    struct no_timer {};

    std::optional<channel_element<T>> arrived_;
    [[no_unique_address]] std::conditional_t<may_be_timer<T>, timer_source, no_timer> timer_;
};

template <class T, class Sink>
class owned_receive_case final : public receive_case_base<T, Sink> {
public:
    template <class S>
    owned_receive_case(detail::channel<T>* c, S&& sink) : receive_case_base<T, Sink>(c, std::forward<S>(sink)) {
        if (c != nullptr) c->hold();
    }
    owned_receive_case(owned_receive_case const&) = delete;
    ~owned_receive_case() override {
        auto* c = static_cast<detail::channel<T>*>(this->channel);
        if (c != nullptr && c->drop()) delete c;
    }
};

template <class T, class FOrSlot>
class [[nodiscard]] receive_case final : public receive_case_base<T, FOrSlot&&> {
public:
    template <class Chan>
    receive_case(Chan const& ch, FOrSlot&& sink)
        : receive_case_base<T, FOrSlot&&>(ch.core(), std::forward<FOrSlot>(sink)) {}
    receive_case(receive_case const&) = delete;

    std::unique_ptr<select_entry> own() && {
        using sink = std::conditional_t<is_slot<T, FOrSlot>, FOrSlot, owned<FOrSlot>>;
        return std::make_unique<owned_receive_case<T, sink>>(static_cast<detail::channel<T>*>(this->channel),
                                                             std::forward<FOrSlot>(this->sink_));
    }
};

/// The element that a send case offers, made of the case's value anew for each select.
///
/// A bare `T` that may be moved from is the element itself: nobody touches it unless the case is chosen. Anything else is copied,
/// converted or boxed up front, before any lock. `V` is what was passed to `on_send`, or what an owning case holds.
template <class T, class V, bool MovesLvalues>
class offer {
public:
    using element = channel_element<T>;
    using source = std::remove_reference_t<V>;

    offer() = default;
    offer(offer const&) = delete;
    ~offer() { restore(); }

    void* make(source& from) {
        constexpr bool is_value = std::is_same_v<std::remove_const_t<source>, T>;
        if constexpr (in_place) {
            return &from;
        } else if constexpr (travels_bare<T>) {
            return &made_.emplace(static_cast<V&&>(from));
        } else if constexpr (is_value && std::is_copy_constructible_v<T>) {
            return &made_.emplace(std::make_unique<channel_box<T>>(std::as_const(from)));
        } else if constexpr (is_value) {
            restore();
            made_.emplace(std::make_unique<channel_box<T>>(std::move(from)));
            borrowed_from_ = &from;
            return &*made_;
        } else {
            return &made_.emplace(std::make_unique<channel_box<T>>(static_cast<V&&>(from)));
        }
    }

private:
    static constexpr bool may_move = !std::is_lvalue_reference_v<V> || MovesLvalues || !std::is_copy_constructible_v<T>;
    static constexpr bool in_place = travels_bare<T> && std::is_same_v<source, T> && may_move;

    // A value that can only be moved went into its box before anybody knew whether it would be sent.
    void restore() {
        if constexpr (!travels_bare<T>) {
            if (borrowed_from_ == nullptr || *made_ == nullptr) return;
            std::destroy_at(borrowed_from_);
            std::construct_at(std::exchange(borrowed_from_, nullptr), std::move((*made_)->value));
        }
    }

    std::optional<element> made_;
    [[maybe_unused]] T* borrowed_from_ = nullptr;
};

template <class T, class V, class F>
class [[nodiscard]] send_case final : public select_entry {
public:
    template <class Chan>
    send_case(Chan const& ch, V&& v, F&& f) : value_(v), f_(std::forward<F>(f)) {
        what = kind::send;
        channel = ch.core();
    }
    send_case(send_case const&) = delete;

    void prepare() override { element = offer_.make(value_); }
    void complete() override { f_(); }
    /// `prepare`, then `complete` without sleeping; false: not ready.
    bool try_now() {
        auto* const to = static_cast<detail::channel<T>*>(channel);
        if (to == nullptr) return false;
        if (to->cannot_send()) {
            to->count_miss();
            return false;
        }
        prepare();
        switch (to->send_or_fail(*static_cast<channel_element<T>*>(element))) {
        case channel_result::done: f_(); return true;
        case channel_result::closed: throw_closed_in_select();
        default: return false;
        }
    }

    std::unique_ptr<select_entry> own() &&;

private:
    std::remove_reference_t<V>& value_;
    offer<T, V, false> offer_;
    F&& f_;
};

/// Keeps an rvalue, refers to an lvalue; moves from it only if the case is chosen.
template <class T, class V, class F>
class owned_send_case final : public select_entry {
public:
    using held = std::conditional_t<std::is_lvalue_reference_v<V>, V, T>;

    template <class G>
    owned_send_case(detail::channel<T>* c, V&& v, G&& f) : value_(std::forward<V>(v)), f_(std::forward<G>(f)) {
        what = kind::send;
        channel = c;
        if (c != nullptr) c->hold();
    }
    owned_send_case(owned_send_case const&) = delete;
    ~owned_send_case() override {
        auto* c = static_cast<detail::channel<T>*>(channel);
        if (c != nullptr && c->drop()) delete c;
    }

    void prepare() override { element = offer_.make(value_); }
    void complete() override { f_(); }

private:
    held value_;
    offer<T, held, true> offer_;
    F f_;
};

template <class T, class V, class F>
std::unique_ptr<select_entry> send_case<T, V, F>::own() && {
    return std::make_unique<owned_send_case<T, V, owned<F>>>(static_cast<detail::channel<T>*>(channel),
                                                             static_cast<V&&>(value_), std::forward<F>(f_));
}

/// A case whose only part besides what it waits for is a handler: `Handler` is a reference in a typed case, an object
/// in an owning one.
template <class Handler>
class handler_case : public select_entry {
public:
    void complete() final { f_(); }

protected:
    template <class F>
    explicit handler_case(F&& f) : f_(std::forward<F>(f)) {}

    Handler f_;
};

template <class F>
class owned_plain_case final : public handler_case<F> {
public:
    template <class G>
    owned_plain_case(select_entry const& of, G&& f) : handler_case<F>(std::forward<G>(f)) {
        this->what = of.what;
        this->when = of.when;
    }
};

/// `d` in the clock's unit, rounded up; "for ever" if it does not fit.
template <class Rep, class Period>
clock::duration bounded(std::chrono::duration<Rep, Period> d) {
    if (d <= d.zero()) return clock::duration::zero();
    if (std::chrono::duration<double>(d) >= std::chrono::duration<double>(clock::duration::max()))
        return clock::duration::max();
    return std::chrono::ceil<clock::duration>(d);
}

template <class F>
class [[nodiscard]] deadline_case final : public handler_case<F&&> {
public:
    deadline_case(clock::time_point t, F&& f) : handler_case<F&&>(std::forward<F>(f)) {
        this->what = select_entry::kind::deadline;
        this->when = t.time_since_epoch();
    }
    template <class Rep, class Period>
    deadline_case(std::chrono::duration<Rep, Period> d, F&& f) : handler_case<F&&>(std::forward<F>(f)) {
        this->what = select_entry::kind::timeout;
        this->when = bounded(d);
    }
    deadline_case(deadline_case const&) = delete;
    std::unique_ptr<select_entry> own() && {
        return std::make_unique<owned_plain_case<owned<F>>>(*this, std::forward<F>(this->f_));
    }
};

template <class F>
class [[nodiscard]] otherwise_case final : public handler_case<F&&> {
public:
    explicit otherwise_case(F&& f) : handler_case<F&&>(std::forward<F>(f)) {}
    otherwise_case(otherwise_case const&) = delete;
    static constexpr bool is_otherwise = true;
    std::unique_ptr<select_entry> own() && {
        return std::make_unique<owned_plain_case<owned<F>>>(*this, std::forward<F>(this->f_));
    }
};

/// `Source` is copyable and derives from `select_source`.
template <class Source, class F>
class owned_source_case final : public handler_case<F> {
public:
    template <class G>
    owned_source_case(Source const& s, G&& f) : handler_case<F>(std::forward<G>(f)), waits_for_(s) {
        this->what = select_entry::kind::source;
        this->source = &waits_for_;
    }

private:
    Source waits_for_;
};

template <class Source, class F>
class [[nodiscard]] source_case final : public handler_case<F&&> {
public:
    source_case(Source const& s, F&& f) : handler_case<F&&>(std::forward<F>(f)), waits_for_(s) {
        this->what = select_entry::kind::source;
        this->source = &waits_for_;
    }
    source_case(source_case const&) = delete;
    std::unique_ptr<select_entry> own() && {
        return std::make_unique<owned_source_case<Source, owned<F>>>(waits_for_, std::forward<F>(this->f_));
    }

private:
    Source waits_for_;
};

}  // namespace weft::detail
