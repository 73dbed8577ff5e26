#pragma once
// The cases that `on_recv`, `on_send` and the rest make. They live in one full expression and refer to handle, value
// and handler; the owning forms, for `select_case`, hold them.

#include <weft/detail/channel_calls.hpp>
#include <weft/detail/select_case.hpp>

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

template <class T, class Sink>
void accept(Sink& sink, std::optional<T>&& value) {
    if constexpr (is_slot<T, Sink>)
        sink = std::move(value);
    else
        sink(std::move(value));
}

/// `Sink` is the handler or slot: a reference type, or an object type in an owning case.
template <class T, class Sink>
class receive_case_base : public select_entry {
public:
    void complete() final {
        std::optional<T> result;
        if constexpr (travels_bare<T>) {
            result = std::move(arrived_);
        } else if (arrived_) {
            unpack(static_cast<detail::channel<T>&>(*channel), *arrived_, [&](T&& v) { result.emplace(std::move(v)); });
        }
        accept<T>(sink_, std::move(result));
    }
    void prepare() final { arrived_.reset(); }

protected:
    template <class S>
    receive_case_base(detail::channel<T>* c, S&& sink) : sink_(std::forward<S>(sink)) {
        what = kind::receive;
        channel = c;
        element = &arrived_;
    }

    Sink sink_;
    std::optional<channel_element<T>> arrived_;
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

/// The value of a send case. Given as an rvalue `T` that travels bare it is referred to; anything else is converted,
/// copied or boxed once, up front.
template <class T, class V>
class case_value {
public:
    using element = channel_element<T>;
    static constexpr bool by_reference = travels_bare<T> && std::is_same_v<V, T>;
    // A move-only lvalue cannot be copied up front: it is moved from, but only if the case is chosen.
    static constexpr bool move_if_chosen = travels_bare<T> && std::is_same_v<V, T&> && !std::is_copy_constructible_v<T>;

    explicit case_value(std::remove_reference_t<V>& v) {
        if constexpr (by_reference || move_if_chosen) {
            original_ = &v;
        } else if constexpr (travels_bare<T>) {
            made_.emplace(static_cast<V&&>(v));
        } else if constexpr (std::is_same_v<V, T> && std::is_copy_constructible_v<T>) {
            made_.emplace(std::make_unique<channel_box<T>>(std::as_const(v)));
        } else {
            made_.emplace(std::make_unique<channel_box<T>>(static_cast<V&&>(v)));
        }
    }
    void* get() noexcept {
        if constexpr (by_reference || move_if_chosen)
            return original_;
        else
            return &*made_;
    }

private:
    [[maybe_unused]] T* original_ = nullptr;
    std::optional<element> made_;
};

template <class T, class V, class F>
class [[nodiscard]] send_case final : public select_entry {
public:
    template <class Chan>
    send_case(Chan const& ch, V&& v, F&& f) : source_(v), value_(v), f_(std::forward<F>(f)) {
        what = kind::send;
        channel = static_cast<detail::channel<T>*>(ch.core());
        element = value_.get();
    }
    send_case(send_case const&) = delete;
    void complete() override { f_(); }

    std::unique_ptr<select_entry> own() &&;

private:
    std::remove_reference_t<V>& source_;
    case_value<T, V> value_;
    F&& f_;
};

/// Keeps an rvalue, refers to an lvalue; moves from it only if the case is chosen.
template <class T, class V, class F>
class owned_send_case final : public select_entry {
public:
    using held = std::conditional_t<std::is_lvalue_reference_v<V>, V, std::decay_t<V>>;

    template <class G>
    owned_send_case(detail::channel<T>* c, std::remove_reference_t<V>& v, G&& f)
        : value_(static_cast<V&&>(v)), f_(std::forward<G>(f)) {
        what = kind::send;
        channel = c;
        if (c != nullptr) c->hold();
    }
    owned_send_case(owned_send_case const&) = delete;
    ~owned_send_case() override {
        auto* c = static_cast<detail::channel<T>*>(channel);
        if (c != nullptr && c->drop()) delete c;
    }
    void complete() override { f_(); }
    void prepare() override {
        if constexpr (direct) {
            element = &value_;
        } else if constexpr (travels_bare<T>) {
            element = &made_.emplace(std::as_const(value_));  // another type, or const: converted anew for each select
        } else {
            element = &made_.emplace(std::make_unique<channel_box<T>>(std::as_const(value_)));
        }
    }

private:
    // The value itself can be the element: of the right type, and not const.
    static constexpr bool direct = travels_bare<T> && std::is_same_v<std::remove_reference_t<held>, T>;

    held value_;
    std::optional<channel_element<T>> made_;
    F f_;
};

template <class T, class V, class F>
std::unique_ptr<select_entry> send_case<T, V, F>::own() && {
    return std::make_unique<owned_send_case<T, V, owned<F>>>(static_cast<detail::channel<T>*>(channel), source_,
                                                             std::forward<F>(f_));
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
    owned_plain_case(select_entry::kind k, clock::time_point t, G&& f) : handler_case<F>(std::forward<G>(f)) {
        this->what = k;
        this->deadline = t;
    }
};

template <class F>
class [[nodiscard]] deadline_case final : public handler_case<F&&> {
public:
    deadline_case(clock::time_point t, F&& f) : handler_case<F&&>(std::forward<F>(f)) {
        this->what = select_entry::kind::deadline;
        this->deadline = t;
    }
    deadline_case(deadline_case const&) = delete;
    std::unique_ptr<select_entry> own() && {
        return std::make_unique<owned_plain_case<owned<F>>>(this->what, this->deadline, std::forward<F>(this->f_));
    }
};

template <class F>
class [[nodiscard]] otherwise_case final : public handler_case<F&&> {
public:
    explicit otherwise_case(F&& f) : handler_case<F&&>(std::forward<F>(f)) {}
    otherwise_case(otherwise_case const&) = delete;
    std::unique_ptr<select_entry> own() && {
        return std::make_unique<owned_plain_case<owned<F>>>(this->what, this->deadline, std::forward<F>(this->f_));
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
