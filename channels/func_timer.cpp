#include <weft/detail/fatal.hpp>
#include <weft/func_timer.hpp>

#include <chrono>
#include <exception>

namespace weft {

namespace detail {

namespace {

constexpr auto retry_after = std::chrono::milliseconds(1);

}  // namespace

bool deferred_call::stop() noexcept {
    bool stopped = false;
    {
        spin_guard guard(lock_);
        stopped = std::exchange(armed_, false) && timer_queue::stop(timer_);
    }
    if (stopped) drop();
    return stopped;
}

bool deferred_call::reset(clock::time_point due) {
    current_runtime();  // there is one, and so this is a worker
    bool was_armed = false;
    std::exception_ptr failure;
    hold();
    {
        spin_guard guard(lock_);
        was_armed = std::exchange(armed_, false) && timer_queue::stop(timer_);
        try {
            timer_ = current_timers().arm(due, *this, ++serial_);
            armed_ = true;
        } catch (std::bad_alloc const&) {
            failure = std::current_exception();
        }
    }
    drop((was_armed ? 1u : 0u) + (failure != nullptr ? 1u : 0u));
    if (failure != nullptr) std::rethrow_exception(failure);
    return was_armed;
}

void deferred_call::disarmed(std::uint64_t serial) noexcept {
    spin_guard guard(lock_);
    if (serial == serial_) armed_ = false;  // else it was armed again meanwhile
}

void deferred_call::fire(std::uint64_t serial) noexcept {
    disarmed(serial);
    try {
        launch(runtime_of_this_worker());
    } catch (std::system_error const&) {
        try {
            current_timers().arm(clock::now() + retry_after, *this, serial);
        } catch (std::bad_alloc const&) {
            fatal("out of memory for a timer");
        }
    } catch (std::bad_alloc const&) {
        fatal("out of memory for the fiber of an after_func");
    }
}

void deferred_call::abandon(std::uint64_t serial) noexcept {
    disarmed(serial);
    drop();
}

}  // namespace detail

bool func_timer::stop() { return call_.get() != nullptr && call_.get()->stop(); }

bool func_timer::reset(clock::duration d) {
    if (call_.get() == nullptr)
        throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                                "weft: reset of a func_timer that was moved");
    return call_.get()->reset(detail::deadline_after(d));
}

}  // namespace weft
