#pragma once
#include <weft/detail/byte_queue.hpp>
#include <weft/stream.hpp>

#include <cstddef>
#include <exception>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weft {

/// Collects small writes and hands them on in large ones: when the buffer is full, and by `flush`. A writer itself.
///
/// `W` is a writer, or a reference to one: see `weft/stream.hpp`. What a write returns is how much it took, into the buffer or
/// beyond. When the inner stream fails, what it has not taken stays in the buffer, so that nothing is lost or sent twice if the
/// call is made again.
///
/// The destructor flushes as the standard's streams do: a failure is ignored, so call `flush` where it matters. While an
/// exception ends the scope of the writer it does not flush, because such a wait could not be cancelled.
///
/// Thread safety: one fiber at a time.
/// Blocks: as the inner stream does, when the buffer is full, in `flush` and in the destructor.
/// Errors: those of the inner stream. Each call has a form that reports in an `error_code&` instead of throwing.
template <class W>
    requires writer<W>
class buffered_writer {
public:
    /// The size of the buffer, unless told otherwise.
    static constexpr std::size_t default_bytes = 4096;

    /// Writes to `inner` in pieces of `bytes`. The buffer is allocated when first needed.
    /// Errors: `std::invalid_argument` for 0 bytes.
    explicit buffered_writer(W&& inner, std::size_t bytes = default_bytes)
        : inner_(std::forward<W>(inner)), piece_(bytes) {
        if (bytes == 0) throw std::invalid_argument("weft::buffered_writer: a buffer of 0 bytes");
    }
    /// Takes over the inner stream, and what is still to be written.
    buffered_writer(buffered_writer&&) noexcept(std::is_nothrow_move_constructible_v<W>) = default;
    buffered_writer& operator=(buffered_writer&&) = delete;
    ~buffered_writer() {
        if (queue_.empty() || std::uncaught_exceptions() > exceptions_) return;
        std::error_code ignored;
        flush(ignored);
    }

    /// What it writes to.
    std::remove_reference_t<W>& inner() noexcept { return inner_; }
    /// What has not been handed on.
    std::span<std::byte const> buffered() const noexcept { return queue_.bytes(); }

    /// Hands on what is in the buffer.
    void flush() {
        std::error_code ec;
        flush(ec);
        if (ec) detail::throw_stream_failure(ec, "weft::buffered_writer::flush");
    }
    /// The same; a failure is reported in `ec`.
    void flush(std::error_code& ec) {
        ec.clear();
        // After a failure also if all was taken: what TLS has taken may wait there for the next write.
        if (queue_.empty() && !has_failed_) return;
        queue_.take(inner_.write_all(queue_.bytes(), ec));
        has_failed_ = static_cast<bool>(ec);
    }

    /// Takes at least one byte and returns how many.
    std::size_t write_some(std::span<std::byte const> from) {
        return detail::or_throw("weft::buffered_writer::write_some",
                                [&](std::error_code& ec) { return write_some(from, ec); });
    }
    /// The same; a failure is reported in `ec`.
    std::size_t write_some(std::span<std::byte const> from, std::error_code& ec) {
        ec.clear();
        if (from.empty()) return 0;
        if (queue_.size() == piece_) flush(ec);
        if (ec) return 0;
        if (!queue_.empty() || from.size() < piece_) return keep(from);
        std::size_t const taken = inner_.write_some(from, ec);
        has_failed_ = static_cast<bool>(ec);
        return taken;
    }

    /// Takes all bytes and returns their number.
    std::size_t write_all(std::span<std::byte const> from) {
        return detail::or_throw("weft::buffered_writer::write_all",
                                [&](std::error_code& ec) { return write_all(from, ec); });
    }
    /// The same; a failure is reported in `ec`, and the result is how many were taken.
    std::size_t write_all(std::span<std::byte const> from, std::error_code& ec) {
        ec.clear();
        std::size_t taken = 0;
        while (taken != from.size() && !ec) {
            auto const rest = from.subspan(taken);
            if (!queue_.empty() || rest.size() < piece_) {
                taken += write_some(rest, ec);
                continue;
            }
            taken += inner_.write_all(rest, ec);
            has_failed_ = static_cast<bool>(ec);
        }
        return taken;
    }

    /// Takes the characters of `text`.
    std::size_t write(std::string_view text) { return write_all(std::as_bytes(std::span(text))); }
    /// The same; a failure is reported in `ec`.
    std::size_t write(std::string_view text, std::error_code& ec) {
        return write_all(std::as_bytes(std::span(text)), ec);
    }

    /// Takes `text` and a '\n'.
    std::size_t write_line(std::string_view text) {
        return detail::or_throw("weft::buffered_writer::write_line",
                                [&](std::error_code& ec) { return write_line(text, ec); });
    }
    /// The same; a failure is reported in `ec`, and the result is how many characters were taken.
    std::size_t write_line(std::string_view text, std::error_code& ec) {
        std::size_t const taken = write(text, ec);
        return ec ? taken : taken + write("\n", ec);
    }

private:
    std::size_t keep(std::span<std::byte const> from) {
        std::size_t const free = piece_ - queue_.size();
        std::span const fits = from.first(from.size() < free ? from.size() : free);
        queue_.make_room(fits.size(), piece_);
        return queue_.append(fits);
    }

    W inner_;
    std::size_t piece_;
    bool has_failed_ = false;  // the inner stream, at the last write
    int exceptions_ = std::uncaught_exceptions();
    detail::byte_queue queue_;
};

/// Refers to an lvalue and owns an rvalue.
template <class W>
buffered_writer(W&& inner, std::size_t bytes = 0) -> buffered_writer<W>;

}  // namespace weft
