#include <weft/detail/fatal.hpp>
#include <weft/event.hpp>

namespace weft {

namespace {

constexpr detail::wait_reason waiting{"event wait"};

}  // namespace

event::~event() {
    if (happened_.has_waiters()) detail::fatal("an event was destroyed while somebody waits for it", this);
}

bool event::wait_until(clock::time_point t) { return happened_.wait_until(t, waiting, this); }

}  // namespace weft
