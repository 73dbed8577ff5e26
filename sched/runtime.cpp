#include <weft/runtime.hpp>

#include "options.hpp"
#include "registry.hpp"
#include "runtime_core.hpp"

#include <weft/detail/join_source.hpp>
#include <weft/error.hpp>

#include <optional>
#include <stdexcept>

namespace weft {

cancelled::~cancelled() = default;

namespace detail {

fiber_control& create_fiber(runtime_core& rt, std::size_t bytes, std::size_t alignment, spawn_options const& options) {
    return rt.create(bytes, alignment, options);
}

void discard_fiber(runtime_core& rt, fiber_control& unborn) noexcept { rt.discard(unborn); }

void start_fiber(runtime_core& rt, fiber_control& fresh, fiber_operations const& operations, bool is_detached) {
    rt.start(fresh, operations, is_detached);
}

void start_fiber_under(runtime_core& rt, fiber_control& fresh, fiber_operations const& operations, bool is_detached,
                       context const& under) {
    rt.start_under(fresh, operations, is_detached, under);
}

namespace {

constexpr wait_reason run_reason{"a nested run"};

}  // namespace

}  // namespace detail

runtime::runtime(runtime_options options) : core_(new detail::runtime_core(detail::resolve(options))) {}

runtime::~runtime() { detail::runtime_core::destroy(core_); }

runtime_stats runtime::stats() const { return core_->stats(); }

unsigned runtime::workers() const noexcept { return core_->options.workers; }

void runtime::refuse_own_fiber() const {
    if (detail::worker* here = detail::current_worker(); here != nullptr && &here->runtime == core_)
        throw std::logic_error("weft: a runtime cannot be run by one of its own fibers; use spawn and join");
}

void runtime::wait_and_stop(detail::fiber_control& main) {
    struct stop_at_end {
        detail::runtime_core& core;
        ~stop_at_end() { core.stop_fibers(); }
    } const stopping{*core_};
    detail::join_source end(&main);
    detail::wait w(detail::run_reason, core_);
    if (w.cancelled()) detail::throw_cancelled();
    std::optional<detail::waiting_callers::entry> counted;
    if (w.self().what() == detail::waiter::kind::thread)
        counted.emplace(detail::runtime_registry::instance().callers, w.self());
    if (end.arm(w.token(), 0)) return;
    if (w.park() != detail::tag_cancelled) return;
    end.disarm();
    detail::throw_cancelled();
}

}  // namespace weft
