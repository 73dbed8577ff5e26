#include <weft/this_fiber.hpp>

#include "thread_waiter.hpp"
#include "worker.hpp"

#include <weft/detail/cancel_scope.hpp>
#include <weft/detail/context_node.hpp>
#include <weft/detail/wait.hpp>

#include <exception>
#include <thread>

namespace weft::this_fiber {

namespace {

constexpr detail::wait_reason sleep_reason{"sleep", true};

detail::fiber_control* self() noexcept {
    detail::worker* here = detail::current_worker();
    return here == nullptr ? nullptr : here->running();
}

std::uint32_t& shields() noexcept {
    detail::fiber_control* f = self();
    return f == nullptr ? detail::thread_waiter::current().shields : f->shields;
}

}  // namespace

void yield() {
    detail::worker* here = detail::current_worker();
    detail::fiber_control* f = here == nullptr ? nullptr : here->running();
    if (f == nullptr) return std::this_thread::yield();
    if (f->is_cancelled()) [[unlikely]]
        check_cancelled();
    detail::worker::yield(*here, *f);
}

void sleep_until(clock::time_point t) {
    if (t <= clock::now()) return;
    detail::wait w(sleep_reason, nullptr);
    if (w.cancelled() || w.park_until(t) == detail::tag_cancelled) detail::throw_cancelled();
}

fiber_id get_id() noexcept {
    detail::fiber_control const* f = self();
    return f == nullptr ? 0 : f->id;
}

std::string_view name() noexcept {
    detail::fiber_control const* f = self();
    return f == nullptr ? std::string_view() : f->name();
}

void check_cancelled() {
    // A computation that never waits keeps its worker from its timers.
    for (detail::cancel_scope const* s = detail::current_scope(); s != nullptr; s = s->outer())
        if (detail::cancel_node* by = detail::context_access::cancels(s->current()); by != nullptr) by->expire_if_due();
    if (detail::current_waiter().is_cancelled() && shields() == 0 && std::uncaught_exceptions() == 0)
        detail::throw_cancelled();
}

context const& current_context() noexcept {
    static context const background;
    detail::cancel_scope const* innermost = detail::current_scope();
    return innermost == nullptr ? background : innermost->current();
}

shield::shield() noexcept { ++shields(); }

shield::~shield() { --shields(); }

pin::pin() noexcept {
    detail::worker* here = detail::current_worker();
    if (here == nullptr || here->running() == nullptr) return;
    detail::fiber_control& f = *here->running();
    if (f.pins++ == 0) f.home = here;
}

pin::~pin() {
    if (detail::fiber_control* f = self()) --f->pins;
}

}  // namespace weft::this_fiber
