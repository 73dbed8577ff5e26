#pragma once
#include <weft/stream.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

namespace weft {

/// A reader of at most the next `n` bytes of another: then, or when the other ends first, its stream ends. The rest stays
/// in the other.
///
/// Thread safety: one fiber at a time. Blocks, Errors: as the inner reader.
/// Source: https://pkg.go.dev/io#LimitedReader
template <class R>
    requires reader<R>
class limit_reader {
public:
    /// Reads `n` bytes from `inner`, at most.
    limit_reader(R&& inner, std::uint64_t n) : inner_(std::forward<R>(inner)), remaining_(n) {}

    /// What it reads from.
    std::remove_reference_t<R>& inner() noexcept { return inner_; }
    /// How many bytes may still come.
    std::uint64_t remaining() const noexcept { return remaining_; }

    /// Reads at least one byte; 0 at the end of the stream or of the limit.
    std::size_t read_some(std::span<std::byte> to) {
        std::size_t const got = inner_.read_some(within(to));
        remaining_ -= got;
        return got;
    }
    /// The same; a failure is reported in `ec`.
    std::size_t read_some(std::span<std::byte> to, std::error_code& ec) {
        std::size_t const got = inner_.read_some(within(to), ec);
        remaining_ -= got;
        return got;
    }

private:
    std::span<std::byte> within(std::span<std::byte> to) const noexcept {
        return to.size() <= remaining_ ? to : to.first(static_cast<std::size_t>(remaining_));
    }

    R inner_;
    std::uint64_t remaining_;
};

/// Refers to an lvalue and owns an rvalue.
template <class R>
limit_reader(R&& inner, std::uint64_t n) -> limit_reader<R>;

}  // namespace weft
