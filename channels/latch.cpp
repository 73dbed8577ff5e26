// Bringing the count to zero lets nobody through; setting the broadcast afterwards does. So the count is never looked at by
// those who wait, and whoever counts down without reaching zero touches nothing after the subtraction.
//
// A latch that `arrive_and_wait` counts down to less than zero may be gone by then: it is one number too many that is reported,
// if the latch is still there.
#include <weft/detail/fatal.hpp>
#include <weft/latch.hpp>

#include <stdexcept>
#include <string>

namespace weft {

namespace {

constexpr detail::wait_reason waiting{"latch wait"};

}  // namespace

latch::latch(std::ptrdiff_t count) : count_(count), zero_(count == 0) {
    if (count < 0) throw std::invalid_argument("weft::latch: negative count " + std::to_string(count));
}

latch::~latch() {
    if (zero_.has_waiters()) detail::fatal("a latch was destroyed while somebody waits for it", this);
}

void latch::count_down(std::ptrdiff_t n) {
    if (n < 0) detail::fatal("a latch was counted down by a negative number", this);
    // Acquire and release: who sets the broadcast has seen what came before every other count_down.
    std::ptrdiff_t const before = count_.fetch_sub(n, std::memory_order_acq_rel);
    if (before < n) detail::fatal("a latch was counted below zero", this);
    if (before == n && n != 0) zero_.set();
}

bool latch::wait_until(clock::time_point t) { return zero_.wait_until(t, waiting, this); }

}  // namespace weft
