#pragma once
#include <chrono>

namespace weft {

/// The clock of every deadline: steady, and its time points are `std::chrono::steady_clock`'s.
///
/// Thread safety: `now` may be called from anywhere.
struct clock {
    using duration = std::chrono::steady_clock::duration;      ///< A difference of two points in time.
    using rep = duration::rep;                                 ///< What durations count in.
    using period = duration::period;                           ///< The length of a tick, in seconds.
    using time_point = std::chrono::steady_clock::time_point;  ///< What every deadline is.
    static constexpr bool is_steady = true;                    ///< It never goes back.

    /// The current time.
    static time_point now() noexcept { return std::chrono::steady_clock::now(); }
};

namespace detail {

/// `now() + d`, where a huge `d` means "never" and does not overflow. A fraction of a nanosecond is rounded up: a wait
/// may end late but not early.
template <class Rep, class Period>
clock::time_point deadline_after(std::chrono::duration<Rep, Period> d) {
    clock::time_point const now = clock::now();
    if (d <= d.zero()) return now;
    if (std::chrono::duration<double>(d) >= std::chrono::duration<double>(clock::time_point::max() - now))
        return clock::time_point::max();
    return now + std::chrono::ceil<clock::duration>(d);
}

}  // namespace detail

}  // namespace weft
