// Tokens are taken when a waiter comes, also those that are still to come: the balance goes below zero, and each waiter's time
// follows from it. So the order of arrival is kept without a queue, and nobody has to be woken.
#include <weft/rate_limiter.hpp>
#include <weft/this_fiber.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>

namespace weft {

namespace {

using seconds = std::chrono::duration<double>;

}  // namespace

rate_limiter::rate_limiter(double per_second, std::size_t burst)
    : per_second_(checked(per_second)), burst_(static_cast<double>(burst)), tokens_(burst_), updated_(clock::now()) {}

double rate_limiter::checked(double per_second) {
    if (!(per_second >= 0)) throw std::invalid_argument("weft::rate_limiter: the rate must not be negative");
    return per_second;
}

void rate_limiter::come_in_locked(clock::time_point now) noexcept {
    if (now <= updated_) return;
    tokens_ = std::min(burst_, tokens_ + seconds(now - updated_).count() * per_second_);
    updated_ = now;
}

// When the tokens are there that have just been taken.
clock::time_point rate_limiter::take_locked(std::size_t n, clock::time_point now) noexcept {
    double const after = tokens_ - static_cast<double>(n);
    if (after >= 0) return now;
    if (per_second_ == 0) return clock::time_point::max();
    seconds const missing(-after / per_second_);
    if (missing >= seconds(clock::time_point::max() - now)) return clock::time_point::max();
    return now + std::chrono::ceil<clock::duration>(missing);
}

bool rate_limiter::take(std::size_t n, clock::time_point deadline) {
    clock::time_point when;
    {
        std::scoped_lock guard(lock_);
        if (std::isinf(per_second_)) return true;
        if (static_cast<double>(n) > burst_) return false;
        clock::time_point const now = clock::now();
        come_in_locked(now);
        when = take_locked(n, now);
        if (when > now && when > deadline) return false;
        tokens_ -= static_cast<double>(n);
    }
    try {
        this_fiber::sleep_until(when);
    } catch (...) {
        std::scoped_lock guard(lock_);
        tokens_ = std::min(burst_, tokens_ + static_cast<double>(n));
        throw;
    }
    return true;
}

void rate_limiter::acquire(std::size_t n) {
    if (!take(n, clock::time_point::max()))
        throw std::invalid_argument("weft::rate_limiter: more tokens than the burst has will never be there at once");
}

bool rate_limiter::try_acquire_until(clock::time_point deadline, std::size_t n) { return take(n, deadline); }

void rate_limiter::set_rate(double per_second) {
    std::scoped_lock guard(lock_);
    come_in_locked(clock::now());
    per_second_ = checked(per_second);
}

double rate_limiter::tokens() const {
    std::scoped_lock guard(lock_);
    if (std::isinf(per_second_)) return std::numeric_limits<double>::infinity();
    return std::min(burst_, tokens_ + std::max(0.0, seconds(clock::now() - updated_).count()) * per_second_);
}

}  // namespace weft
