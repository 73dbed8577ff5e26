#pragma once
// What a stream of bytes is. Whatever satisfies these concepts composes: sockets, files, pipes, TLS, memory, and wrappers
// around any of them.
//
// A wrapper is named after what it wraps, and deduces whether it refers to it or owns it:
//
//     weft::buffered_reader in(stream);             // buffered_reader<tcp_stream&>: refers
//     weft::buffered_reader in(std::move(stream));  // buffered_reader<tcp_stream>: owns
//
// Its throwing calls and those with an `error_code&` are one implementation: the inner stream is asked through its
// `error_code&` form, which alone says how far it came, and detail::throw_stream_failure makes the exception.

#include <weft/clock.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>

namespace weft {

/// Bytes can be read from it, one call after the other.
///
/// `read_some(buffer)` reads at least one byte and at most the buffer's size and returns how many; 0 is the end of the
/// stream, or an empty buffer. It waits for bytes if there are none. The form with an `error_code&` reports a failure,
/// and clears it otherwise. A reference to a reader is one, too.
template <class R>
concept reader = requires(R& r, std::span<std::byte> buffer, std::error_code& ec) {
    { r.read_some(buffer) } -> std::same_as<std::size_t>;
    { r.read_some(buffer, ec) } -> std::same_as<std::size_t>;
};

/// Bytes can be written to it.
///
/// `write_some(buffer)` takes at least one byte (none of an empty buffer) and returns how many, `write_all` takes them
/// all. Both wait for room if there is none. `write_all(buffer, ec)` returns the number of bytes taken also when it fails.
template <class W>
concept writer = requires(W& w, std::span<std::byte const> buffer, std::error_code& ec) {
    { w.write_some(buffer) } -> std::same_as<std::size_t>;
    { w.write_some(buffer, ec) } -> std::same_as<std::size_t>;
    { w.write_all(buffer) } -> std::same_as<std::size_t>;
    { w.write_all(buffer, ec) } -> std::same_as<std::size_t>;
};

/// A connection, or whatever else has both directions.
template <class S>
concept stream = reader<S> && writer<S>;

/// It can be closed, which wakes whoever waits in one of its calls.
template <class C>
concept closer = requires(C& c) {
    { c.close() }
    noexcept;
};

/// Its writing direction can end by itself: the peer reads the end of the stream, and can still answer.
template <class W>
concept half_closer = requires(W& w) {
    w.shutdown_write();
};

/// Waiting in its calls has deadlines, as in Go: from `t` on they fail with `timed_out`, also those in progress, until the
/// deadline is moved or cleared.
template <class S>
concept deadlined = requires(S& s, clock::time_point t) {
    s.set_deadline(t);
    s.set_read_deadline(t);
    s.set_write_deadline(t);
    s.clear_deadline();
};

namespace detail {

/// Throws what a throwing form throws for a failure that the form with an `error_code&` reported: `cancelled` or
/// `deadline_exceeded` if the calling fiber has been cancelled, otherwise `std::system_error`.
[[noreturn]] void throw_stream_failure(std::error_code ec, char const* what);

/// The throwing form of `call(ec)`.
template <class Call>
auto or_throw(char const* what, Call const& call) {
    std::error_code ec;
    auto result = call(ec);
    if (ec) throw_stream_failure(ec, what);
    return result;
}

}  // namespace detail

/// No limit on the length of a line, or of whatever else grows until its end has been seen.
inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

/// The bytes as characters; the counterpart of `as_bytes`.
inline std::string_view as_text(std::span<std::byte const> bytes) noexcept {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace weft
