#pragma once
#include <weft/detail/local_list.hpp>

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace weft {

/// Tag: a `fiber_local` whose value a spawned fiber gets a copy of.
struct inherit_t {};
/// The tag: `fiber_local<trace> current(weft::inherit);`
inline constexpr inherit_t inherit{};

/// A variable of which every fiber has its own, made when it is first used: what `thread_local` is to threads. A fiber
/// takes it along from worker to worker. On a plain thread it is the thread's.
///
/// The objects are destroyed when their fiber ends, newest first, and may wait then; if the `fiber_local` itself is destroyed
/// before, they stay until then. With the tag `inherit`, a fiber that is started by `spawn` or a task group begins with a copy of
/// its starter's object, if there is one; `go` inherits nothing.
///
/// Looking one up takes time in proportion to the number of such objects that the fiber has: a few nanoseconds each.
///
/// Thread safety: any member from any fiber or thread; the object belongs to one alone.
/// Errors: what making the object throws; `spawn` throws what copying it does.
template <class T>
class fiber_local {
public:
    /// Objects are value-initialised.
    fiber_local() : fiber_local(&default_make) {}
    /// The same, and inherited.
    explicit fiber_local(inherit_t) : fiber_local(&default_make, inherit) {}

    /// Objects are made by `make()`, called by the fiber that needs one.
    template <class Make, class = std::enable_if_t<std::is_invocable_r_v<T, Make&>>>
    explicit fiber_local(Make make) : maker_(std::make_unique<making<Make, false>>(std::move(make))) {}
    /// The same, and inherited.
    template <class Make, class = std::enable_if_t<std::is_invocable_r_v<T, Make&>>>
    fiber_local(Make make, inherit_t) : maker_(std::make_unique<making<Make, true>>(std::move(make))) {
        static_assert(std::is_copy_constructible_v<T>, "weft: what a spawned fiber inherits is copied");
    }
    fiber_local(fiber_local const&) = delete;
    fiber_local& operator=(fiber_local const&) = delete;

    /// The calling fiber's object. Valid until the fiber ends.
    T& get() {
        detail::local_list& mine = detail::current_locals();
        detail::local_node* found = mine.find(key_);
        if (found == nullptr) {
            found = maker_->make(key_);
            mine.add(*found);
        }
        return static_cast<object*>(found)->value;
    }
    /// As `get`.
    T& operator*() { return get(); }
    /// As `get`.
    T* operator->() { return std::addressof(get()); }

private:
    struct object : detail::local_node {
        template <class Make>
        object(detail::local_node const& base, Make&& make)
            : detail::local_node(base), value(std::forward<Make>(make)()) {}
        T value;
    };
    struct maker {
        virtual ~maker() = default;
        virtual object* make(std::uint64_t key) = 0;
    };
    template <class Make, bool Inherited>
    struct making final : maker {
        explicit making(Make given) : make_value(std::move(given)) {}
        object* make(std::uint64_t key) override {
            detail::local_node base{key, &destroy, nullptr};
            if constexpr (Inherited) base.copy = &copy;
            return new object(base, make_value);
        }
        Make make_value;
    };

    static T default_make() {
        static_assert(std::is_default_constructible_v<T>, "weft: this type needs a function that makes it");
        return T();
    }
    static void destroy(detail::local_node* node) noexcept { delete static_cast<object*>(node); }
    static detail::local_node* copy(detail::local_node const& node) {
        auto const& original = static_cast<object const&>(node);
        return new object({node.key, node.destroy, node.copy}, [&original]() -> T { return original.value; });
    }

    std::unique_ptr<maker> const maker_;
    std::uint64_t const key_ = detail::new_local_key();
};

}  // namespace weft
