#pragma once
#include <weft/stream.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace weft {

/// A writer that appends to a string. Never waits.
///
/// Thread safety: one fiber at a time. Errors: `std::bad_alloc`, in both forms.
class string_writer {
public:
    /// What has been written.
    std::string const& text() const noexcept { return text_; }
    /// What has been written; the writer is empty afterwards.
    std::string take() noexcept { return std::exchange(text_, {}); }

    /// Appends all bytes and returns their number.
    std::size_t write_all(std::span<std::byte const> from) {
        text_ += as_text(from);
        return from.size();
    }
    /// The same; clears `ec`.
    std::size_t write_all(std::span<std::byte const> from, std::error_code& ec) {
        ec.clear();
        return write_all(from);
    }
    /// The same as `write_all`.
    std::size_t write_some(std::span<std::byte const> from) { return write_all(from); }
    /// The same as `write_all`; clears `ec`.
    std::size_t write_some(std::span<std::byte const> from, std::error_code& ec) { return write_all(from, ec); }

private:
    std::string text_;
};

}  // namespace weft
