#pragma once
// The form of a call that reports through an `error_code&`, made of the one that throws.

#include <weft/error.hpp>

#include <system_error>

namespace weft::detail {

/// `f()`, whose failures of the environment go to `ec`; then the result is an empty one.
template <class F>
auto reported(std::error_code& ec, F const& f) -> decltype(f()) {
    ec.clear();
    try {
        return f();
    } catch (std::system_error const& e) {
        ec = e.code();
    } catch (deadline_exceeded const&) {
        ec = std::make_error_code(std::errc::timed_out);
    } catch (cancelled const&) {
        ec = std::make_error_code(std::errc::operation_canceled);
    }
    return {};
}

}  // namespace weft::detail
