#pragma once
#include <weft/clock.hpp>

#include <algorithm>
#include <utility>

namespace weft::detail {

/// When a worker that has nothing to do stays awake for the next event instead of falling asleep at once.
///
/// To fall asleep and be woken takes tens of microseconds, of the peer's patience and of the processor, which is more than to ask
/// again and again for that long. So once an event has ended a sleep within the limit, the worker stays awake for the next one, up
/// to the limit, and goes on doing so while it succeeds. After failures it sits out ever more such sleeps: where an event always
/// comes a little too late, because it is rare or because the peer needs this very processor, trying costs next to nothing.
///
/// Thread safety: none; it is its worker's.
class idle_spin {
public:
    /// 0: never.
    explicit idle_spin(clock::duration limit) noexcept : limit_(limit) {}

    clock::duration limit() const noexcept { return limit_; }

    /// Whether to stay awake now. If so, `found` or `in_vain` follows.
    bool begin() noexcept { return std::exchange(expects_, false); }
    void found() noexcept {
        expects_ = true;
        to_sit_out_ = sits_out_ = 0;
    }
    void in_vain() noexcept { to_sit_out_ = sits_out_ = std::min(2 * sits_out_ + 1, most_to_sit_out); }

    /// An event has ended a sleep of that length.
    void slept(clock::duration length) noexcept {
        if (length >= limit_) return;
        if (to_sit_out_ == 0)
            expects_ = true;
        else
            --to_sit_out_;
    }

private:
    static constexpr int most_to_sit_out = 1023;

    clock::duration const limit_;
    bool expects_ = false;
    int sits_out_ = 0;    // sleeps, after the failures so far
    int to_sit_out_ = 0;  // still
};

}  // namespace weft::detail
