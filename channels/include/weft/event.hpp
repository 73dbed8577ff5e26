#pragma once
#include <weft/clock.hpp>
#include <weft/detail/broadcast.hpp>
#include <weft/detail/typed_case.hpp>

#include <chrono>
#include <utility>

namespace weft {

class event;
template <class F = detail::no_handler>
[[nodiscard]] auto on_set(event& e, F&& f = {});

/// Something that happens once, for all: whoever waits, or comes later, goes through when it is set.
///
/// Once it is set, waiting is a single load: it scales to any number of fibers and processors. What happened before `set` is
/// visible after `wait`. The event may be destroyed as soon as anybody has seen it set, also while `set` still is
/// returning; destroying it under a waiter stops the program with a message.
///
/// Thread safety: any member from any fiber or thread.
class event {
public:
    event() = default;
    ~event();
    event(event const&) = delete;
    event& operator=(event const&) = delete;

    /// Wakes all waiters, and lets all later ones through. Setting it again does nothing.
    void set() noexcept { happened_.set(); }
    /// Never waits.
    bool is_set() const noexcept { return happened_.is_set(); }
    /// Blocks: until the event is set.
    /// Errors: `cancelled`, unless it is set.
    void wait() { wait_until(clock::time_point::max()); }
    /// The same, at most until `t`. True: it is set.
    bool wait_until(clock::time_point t);
    /// The same for at most `d`.
    template <class Rep, class Period>
    bool wait_for(std::chrono::duration<Rep, Period> d) {
        return is_set() || wait_until(detail::deadline_after(d));
    }

private:
    template <class F>
    friend auto on_set(event& e, F&& f);

    detail::broadcast happened_;
};

/// A case of `select` that is ready once `e` is set.
template <class F>
[[nodiscard]] auto on_set(event& e, F&& f) {
    return detail::source_case<detail::broadcast_source, F>(detail::broadcast_source(e.happened_), std::forward<F>(f));
}

}  // namespace weft
