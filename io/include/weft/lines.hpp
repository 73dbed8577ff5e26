#pragma once
#include <weft/buffered_reader.hpp>

#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace weft {

/// The lines of a stream, from `lines`. A range that can be gone through once; the string_view that it yields is valid
/// until the next.
///
/// Thread safety: one fiber at a time.
/// Blocks: `begin`, and stepping on, until the line is complete.
/// Errors: as `buffered_reader::read_line` throws.
template <class Buffered>
class line_range {
public:
    /// Where the range ends.
    struct sentinel {};

    /// An input iterator.
    class iterator {
    public:
        using value_type = std::string_view;               ///< A line without its end.
        using difference_type = std::ptrdiff_t;            ///< Of no use here; iterators have it.
        using iterator_concept = std::input_iterator_tag;  ///< It can be gone through once.

        /// The current line.
        std::string_view operator*() const noexcept { return *range_->line_; }
        /// Reads the next.
        iterator& operator++() {
            range_->next();
            return *this;
        }
        /// Reads the next.
        void operator++(int) { range_->next(); }
        friend bool operator==(iterator const& i, sentinel) noexcept { return i.ended(); }

    private:
        friend class line_range;
        explicit iterator(line_range& range) noexcept : range_(&range) {}
        bool ended() const noexcept { return !range_->line_; }

        line_range* range_;
    };

    /// Use `lines`.
    line_range(Buffered&& from, std::size_t limit) : from_(std::forward<Buffered>(from)), limit_(limit) {}

    /// Reads the first line.
    iterator begin() {
        next();
        return iterator(*this);
    }
    /// The end of the stream.
    sentinel end() const noexcept { return {}; }

private:
    void next() { line_ = from_.read_line(limit_); }

    Buffered from_;
    std::size_t limit_;
    std::optional<std::string_view> line_;
};

/// The lines of a buffered reader, each of at most `limit` bytes: `for (std::string_view line : weft::lines(in))`. After a
/// `break` the reader goes on behind the last line.
template <class R>
line_range<buffered_reader<R>&> lines(buffered_reader<R>& from, std::size_t limit = no_limit) {
    return {from, limit};
}

/// The same for a reader without a buffer, which it refers to or owns: what has been read ahead ends with the range.
template <reader R>
line_range<buffered_reader<R>> lines(R&& from, std::size_t limit = no_limit) {
    return {buffered_reader<R>(std::forward<R>(from)), limit};
}

}  // namespace weft
