#pragma once
#include <weft/detail/byte_queue.hpp>
#include <weft/stream.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weft {

/// Reads a stream in large pieces and hands it out in those that a protocol is made of: lines, counted bytes, whatever
/// ends in a delimiter. A reader itself.
///
/// `R` is a reader, or a reference to one: see `weft/stream.hpp`. What has been read ahead is here and not in the inner stream.
/// The views that its calls return refer to its buffer, until the next call.
///
/// A call that fails loses nothing: what has arrived stays in the buffer, so that the same call can be made again, with a later
/// deadline or a higher limit. Each byte of a line is looked at once, however small the pieces are in which it arrives.
///
/// Thread safety: one fiber at a time.
/// Blocks: until the inner stream has what is asked for, and not at all if the buffer has it.
/// Errors: those of the inner stream. Each call has a form that reports in an `error_code&` instead of throwing.
template <class R>
    requires reader<R>
class buffered_reader {
public:
    /// What is read ahead at a time, unless told otherwise.
    static constexpr std::size_t default_bytes = 4096;

    /// Reads `inner` in pieces of `bytes`. The buffer is allocated when first needed, and grows only for what has to be in one
    /// piece: a long line, a `peek`.
    /// Errors: `std::invalid_argument` for 0 bytes.
    explicit buffered_reader(R&& inner, std::size_t bytes = default_bytes)
        : inner_(std::forward<R>(inner)), piece_(bytes) {
        if (bytes == 0) throw std::invalid_argument("weft::buffered_reader: a buffer of 0 bytes");
    }

    /// What it reads from.
    std::remove_reference_t<R>& inner() noexcept { return inner_; }
    /// What can be had without waiting.
    std::span<std::byte const> buffered() const noexcept { return queue_.bytes(); }

    /// Reads at least one byte; 0 at the end of the stream. Large reads that find the buffer empty go past it.
    std::size_t read_some(std::span<std::byte> to) {
        return detail::or_throw("weft::buffered_reader::read_some",
                                [&](std::error_code& ec) { return read_some(to, ec); });
    }
    /// The same; a failure is reported in `ec`.
    std::size_t read_some(std::span<std::byte> to, std::error_code& ec) {
        ec.clear();
        if (to.empty()) return 0;
        if (queue_.empty()) {
            if (to.size() >= piece_) return inner_.read_some(to, ec);
            fill(1, ec);
        }
        return queue_.take_into(to);
    }

    /// Fills `to`; less only at the end of the stream.
    std::size_t read_exact(std::span<std::byte> to) {
        return detail::or_throw("weft::buffered_reader::read_exact",
                                [&](std::error_code& ec) { return read_exact(to, ec); });
    }
    /// The same; a failure is reported in `ec`, and what had been read is in `to` and counted.
    std::size_t read_exact(std::span<std::byte> to, std::error_code& ec) {
        ec.clear();
        std::size_t done = 0;
        while (done != to.size() && !ec) {
            std::size_t const got = read_some(to.subspan(done), ec);
            if (got == 0) break;
            done += got;
        }
        return done;
    }

    /// The next `n` bytes, which stay where they are; fewer only at the end of the stream.
    std::span<std::byte const> peek(std::size_t n) {
        return detail::or_throw("weft::buffered_reader::peek", [&](std::error_code& ec) { return peek(n, ec); });
    }
    /// The same; a failure is reported in `ec`.
    std::span<std::byte const> peek(std::size_t n, std::error_code& ec) {
        ec.clear();
        while (queue_.size() < n && fill(n - queue_.size(), ec)) {}
        return queue_.bytes().first(n < queue_.size() ? n : queue_.size());
    }

    /// The next `n` bytes in one piece, taken from the stream; fewer only at its end.
    std::span<std::byte const> take(std::size_t n) {
        return detail::or_throw("weft::buffered_reader::take", [&](std::error_code& ec) { return take(n, ec); });
    }
    /// The same; a failure is reported in `ec`, and then nothing is taken.
    std::span<std::byte const> take(std::size_t n, std::error_code& ec) {
        std::size_t const there = peek(n, ec).size();
        return queue_.take(ec ? 0 : there);
    }

    /// What comes before the next `delimiter`, and the delimiter; without one at the end of the stream, what is left of it.
    /// Nothing at the end.
    /// Errors: `message_size` if more than `limit` bytes come before the delimiter: they can be had by another call, as
    /// can the rest. `std::invalid_argument` for an empty delimiter.
    std::optional<std::string_view> read_until(std::string_view delimiter, std::size_t limit = no_limit) {
        return detail::or_throw("weft::buffered_reader::read_until",
                                [&](std::error_code& ec) { return read_until(delimiter, limit, ec); });
    }
    /// The same; a failure is reported in `ec`.
    std::optional<std::string_view> read_until(std::string_view delimiter, std::size_t limit, std::error_code& ec) {
        if (delimiter.empty()) throw std::invalid_argument("weft::buffered_reader::read_until: an empty delimiter");
        std::size_t const found = find_end(delimiter, limit, ec);
        if (found == 0) return {};
        return as_text(queue_.take(found));
    }

    /// The next line, without its end: "\n" or "\r\n". The last needs no end. Nothing at the end of the stream.
    /// Errors: `message_size` if it is longer than `limit` bytes, which stay in the stream.
    std::optional<std::string_view> read_line(std::size_t limit = no_limit) {
        return detail::or_throw("weft::buffered_reader::read_line",
                                [&](std::error_code& ec) { return read_line(limit, ec); });
    }
    /// The same; a failure is reported in `ec`.
    std::optional<std::string_view> read_line(std::size_t limit, std::error_code& ec) {
        // One more for the '\r', which belongs to the end of the line.
        std::size_t const found = find_end("\n", limit == no_limit ? limit : limit + 1, ec);
        if (found == 0) return {};
        std::string_view line = as_text(queue_.bytes().first(found));
        if (line.ends_with('\n')) line.remove_suffix(1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.size() > limit) {
            ec = std::make_error_code(std::errc::message_size);
            return {};
        }
        queue_.take(found);
        return line;
    }
    /// The same; a failure is reported in `ec`.
    std::optional<std::string_view> read_line(std::error_code& ec) { return read_line(no_limit, ec); }

private:
    /// One read from the inner stream, with room for at least `more` bytes. False: its end, or a failure.
    bool fill(std::size_t more, std::error_code& ec) {
        std::span const room = queue_.make_room(more, piece_);
        std::size_t const got = inner_.read_some(room, ec);
        queue_.append(got);
        return got != 0 && !ec;
    }

    /// How many of the buffered bytes go up to the delimiter and include it, or up to the end of the stream. 0: there are none, or
    /// `ec` says why.
    std::size_t find_end(std::string_view delimiter, std::size_t limit, std::error_code& ec) {
        ec.clear();
        for (std::size_t searched = 0;;) {
            std::string_view const text = as_text(queue_.bytes());
            std::size_t const at = text.find(delimiter, searched);
            bool const found = at != text.npos;
            if (found && at <= limit) return at + delimiter.size();
            // A delimiter that has begun to arrive counts as one.
            searched = text.size() < delimiter.size() ? 0 : text.size() - delimiter.size() + 1;
            bool const too_long = found || searched > limit;
            if (!too_long && fill(1, ec)) continue;
            if (too_long || (!ec && queue_.size() > limit)) ec = std::make_error_code(std::errc::message_size);
            return ec ? 0 : queue_.size();
        }
    }

    R inner_;
    std::size_t piece_;
    detail::byte_queue queue_;
};

/// Refers to an lvalue and owns an rvalue.
template <class R>
buffered_reader(R&& inner, std::size_t bytes = 0) -> buffered_reader<R>;

}  // namespace weft
