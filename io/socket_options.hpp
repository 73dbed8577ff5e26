#pragma once
#include "failure.hpp"

#include <cstddef>
#include <limits>
#include <system_error>

namespace weft::detail {

/// `call(number)` on a socket; a failure is thrown.
/// Errors: `std::system_error` whose text begins with `what`; `bad_file_descriptor` if `socket` is null.
template <class Call>
std::size_t ask_socket(descriptor* socket, char const* what, Call const& call) {
    call_result const done = required(socket, what).call(call);
    if (done.error != 0) throw std::system_error(done.error, std::generic_category(), what);
    return done.value;
}

inline void set_option(descriptor* socket, int level, int option, int value, char const* what) {
    ask_socket(socket, what, [=](int fd) { return calls::set_option(fd, level, option, value); });
}

inline std::size_t get_option(descriptor* socket, int level, int option, char const* what) {
    return ask_socket(socket, what, [=](int fd) { return calls::get_option(fd, level, option); });
}

/// As the system takes numbers: more than it can express is as much as it can.
template <class Number>
int as_option(Number value) noexcept {
    constexpr int most = std::numeric_limits<int>::max();
    return value > static_cast<Number>(most) ? most : static_cast<int>(value);
}

}  // namespace weft::detail
