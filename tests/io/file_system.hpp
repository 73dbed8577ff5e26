// What tests of files share: a system that is slow, or behaves badly, and what calls threw.
#pragma once

#include <cerrno>
#include <cstdint>
#include <semaphore>
#include <string>
#include <string_view>
#include <system_error>
#include <weft/error.hpp>

#include "system_table.hpp"

namespace weft_test {

/// Stands between weft and the system for as long as it lives; no runtime may live when it comes and goes.
class installed_system {
public:
    explicit installed_system(weft::detail::system_table const& table) : table_(table) {
        weft::detail::installed_system.store(&table_, std::memory_order_release);
    }
    installed_system(installed_system const&) = delete;
    ~installed_system() { weft::detail::installed_system.store(&weft::detail::real_system, std::memory_order_release); }

private:
    weft::detail::system_table const table_;
};

/// So many bytes are moved by pollers, to wake each other, and by none of these tests: such calls are left alone.
inline constexpr std::size_t pollers_bytes = sizeof(std::uint64_t);

/// Nothing is ever in the page cache, so that every read leaves the worker.
inline ssize_t nothing_cached(int, iovec const*, int, off_t, int) {
    errno = EAGAIN;
    return -1;
}

/// The code of the `std::system_error` that `call` throws; none if it throws nothing.
template <class Call>
std::error_code thrown_by(Call const& call) {
    try {
        call();
    } catch (std::system_error const& e) {
        return e.code();
    }
    return {};
}

/// What the `std::system_error` that `call` throws says.
template <class Call>
std::string message_of(Call const& call) {
    try {
        call();
    } catch (std::system_error const& e) {
        return e.what();
    }
    return {};
}

/// Whether `call` throws `cancelled`.
template <class Call>
bool ends_cancelled(Call const& call) {
    try {
        call();
    } catch (weft::cancelled const&) {
        return true;
    }
    return false;
}

/// A call of the system that waits in its thread until the test lets it go on. One test at a time.
class held_call {
public:
    /// By the call.
    static void pass() {
        arrived_.release();
        go_on_.acquire();
    }
    /// Whether a call has arrived; then it is counted off.
    static bool take_arrival() { return arrived_.try_acquire(); }
    static void let_go_on() { go_on_.release(); }

private:
    static inline std::counting_semaphore<> arrived_{0};
    static inline std::counting_semaphore<> go_on_{0};
};

}  // namespace weft_test
