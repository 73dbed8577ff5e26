#pragma once
#include <weft/clock.hpp>
#include <weft/sync.hpp>

#include <chrono>
#include <cstddef>

namespace weft {

/// A token bucket: `per_second` tokens come in, at most `burst` are kept, and each event takes one or more.
///
/// It starts full. Waiters are served in the order in which they came, for they take their tokens at once and sleep until
/// those have come in. A cancelled waiter gives them back.
///
/// Thread safety: any member from any fiber or thread.
/// Source: https://pkg.go.dev/golang.org/x/time/rate
class rate_limiter {
public:
    /// `per_second` may be infinite: then there is no limit; or 0: then there is only the first burst.
    /// Errors: `std::invalid_argument` if it is negative or not a number.
    rate_limiter(double per_second, std::size_t burst);

    /// Takes `n` tokens if they are there now.
    bool try_acquire(std::size_t n = 1) { return try_acquire_until(clock::time_point::min(), n); }

    /// Takes `n` tokens.
    /// Blocks: until they have come in.
    /// Errors: `std::invalid_argument` if they never will: `n` exceeds the burst; `cancelled`.
    void acquire(std::size_t n = 1);

    /// The same if they come in before `deadline`; else returns false, at once.
    bool try_acquire_until(clock::time_point deadline, std::size_t n = 1);
    /// The same within `d`.
    template <class Rep, class Period>
    bool try_acquire_for(std::chrono::duration<Rep, Period> d, std::size_t n = 1) {
        return try_acquire_until(detail::deadline_after(d), n);
    }

    /// Changes the rate. Those who wait already keep the time they were given.
    /// Errors: as the constructor.
    void set_rate(double per_second);

    /// The tokens there are now; negative while somebody waits for some.
    double tokens() const;

private:
    static double checked(double per_second);

    void come_in_locked(clock::time_point now) noexcept;
    clock::time_point take_locked(std::size_t n, clock::time_point now) noexcept;
    bool take(std::size_t n, clock::time_point deadline);

    mutable mutex lock_;
    double per_second_;
    double burst_;
    double tokens_;  // at `updated_`
    clock::time_point updated_;
};

}  // namespace weft
