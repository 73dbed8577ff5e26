#pragma once
#include "operation.hpp"

#include <weft/error.hpp>
#include <weft/net.hpp>

#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

namespace weft::detail {

/// How a call on a socket ended.
struct outcome {
    std::size_t bytes = 0;
    int error = 0;  // an errno value; 0: done
    bool cancelled = false;

    std::error_code code() const noexcept { return {error, std::generic_category()}; }
};

/// Throws what the throwing form of the call throws.
[[noreturn]] inline void throw_failure(outcome const& o, std::string const& what) {
    if (o.cancelled) throw_cancelled();
    throw std::system_error(o.code(), what);
}

/// For the throwing form.
inline std::size_t checked(outcome const& o, char const* what) {
    if (o.error != 0) throw_failure(o, what);
    return o.bytes;
}

/// For the form with an `error_code&`.
inline std::size_t report(outcome const& o, std::error_code& ec) noexcept {
    ec = o.code();
    if (o.error == 0) ec.clear();
    return o.bytes;
}

/// What the form with an `error_code&` makes of the throwing one.
template <class F>
auto reporting(std::error_code& ec, F const& f) -> std::invoke_result_t<F const&> {
    try {
        ec.clear();
        return f();
    } catch (std::system_error const& failed) {
        ec = failed.code();
    } catch (std::invalid_argument const&) {
        ec = std::make_error_code(std::errc::invalid_argument);
    } catch (deadline_exceeded const&) {
        ec = std::make_error_code(std::errc::timed_out);
    } catch (cancelled const&) {
        ec = std::make_error_code(std::errc::operation_canceled);
    }
    return {};
}

/// For objects that hold no socket.
inline descriptor& required(descriptor* socket, char const* what) {
    if (socket == nullptr) throw std::system_error(EBADF, std::generic_category(), what);
    return *socket;
}

/// One of the socket's addresses; `ask` is `calls::local_address` or `calls::remote_address`.
/// Errors: `std::system_error`.
net::endpoint address_of(descriptor& socket, call_result (*ask)(int, sockaddr_storage&) noexcept, char const* what);

/// The poller of the calling fiber's worker, for a new socket.
/// Errors: `runtime_stopped` on a plain thread.
readiness_poller& poller_for_new_socket();

}  // namespace weft::detail
