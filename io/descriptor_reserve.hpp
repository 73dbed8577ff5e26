#pragma once
#include "socket_calls.hpp"

#include <mutex>
#include <system_error>

namespace weft::detail {

/// A descriptor held for the day when there are none left: given up for a moment, it lets a connection be accepted that
/// is then closed. Another thread may be faster and take the number in that moment; then the reserve is refilled when
/// next asked for.
///
/// Thread safety: all members.
class descriptor_reserve {
public:
    /// Errors: `std::system_error`.
    descriptor_reserve() : held_(calls::event_counter()) {
        if (held_.error != 0) throw std::system_error(held_.error, std::generic_category(), "weft::net::listen");
    }
    ~descriptor_reserve() { give_up(); }
    descriptor_reserve(descriptor_reserve const&) = delete;

    /// Accepts a connection and closes it. EAGAIN if there is none, EMFILE if the reserve is empty.
    call_result shed(int listener) noexcept {
        std::lock_guard guard(lock_);
        if (held_.error != 0) held_ = calls::event_counter();
        if (held_.error != 0) return {0, EMFILE};
        calls::close(static_cast<int>(held_.value));
        call_result const got = calls::accept(listener);
        if (got.error == 0) calls::close(static_cast<int>(got.value));
        held_ = calls::event_counter();
        return got;
    }

    /// Closes what it holds.
    void give_up() noexcept {
        std::lock_guard guard(lock_);
        if (held_.error == 0) calls::close(static_cast<int>(held_.value));
        held_ = {0, EMFILE};
    }

private:
    std::mutex lock_;  // a leaf; guards held_
    call_result held_;
};

}  // namespace weft::detail
