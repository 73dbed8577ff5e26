#pragma once
#include <cstddef>
#include <span>
#include <system_error>

namespace weft {

/// A writer that takes everything and keeps nothing: `copy(from, weft::discard())` reads a stream to its end.
///
/// Thread safety: any.
class discard {
public:
    /// Takes all bytes.
    std::size_t write_all(std::span<std::byte const> from) noexcept { return from.size(); }
    /// The same; clears `ec`.
    std::size_t write_all(std::span<std::byte const> from, std::error_code& ec) noexcept {
        ec.clear();
        return from.size();
    }
    /// The same as `write_all`.
    std::size_t write_some(std::span<std::byte const> from) noexcept { return from.size(); }
    /// The same as `write_all`; clears `ec`.
    std::size_t write_some(std::span<std::byte const> from, std::error_code& ec) noexcept {
        return write_all(from, ec);
    }
};

}  // namespace weft
