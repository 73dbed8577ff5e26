#pragma once
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <system_error>

namespace weft {

/// Reads bytes that are in memory already and stay there: the span, or the characters of a text. Never waits or fails.
///
/// Thread safety: one fiber at a time.
class span_reader {
public:
    /// Reads `bytes`, which must outlive it.
    explicit span_reader(std::span<std::byte const> bytes) noexcept : rest_(bytes) {}
    /// Reads the characters of `text`, which must outlive it.
    explicit span_reader(std::string_view text) noexcept : rest_(std::as_bytes(std::span(text))) {}

    /// What has not been read.
    std::span<std::byte const> rest() const noexcept { return rest_; }

    /// Reads as much as there is and fits; 0 at the end.
    std::size_t read_some(std::span<std::byte> to) noexcept {
        std::size_t const n = to.size() < rest_.size() ? to.size() : rest_.size();
        if (n != 0) std::memcpy(to.data(), rest_.data(), n);
        rest_ = rest_.subspan(n);
        return n;
    }
    /// The same; clears `ec`.
    std::size_t read_some(std::span<std::byte> to, std::error_code& ec) noexcept {
        ec.clear();
        return read_some(to);
    }

private:
    std::span<std::byte const> rest_;
};

}  // namespace weft
