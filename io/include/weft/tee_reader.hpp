#pragma once
#include <weft/stream.hpp>

#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

namespace weft {

/// A reader that also writes what it reads to somebody else, before it returns it.
///
/// Thread safety: one fiber at a time. Blocks: as reading and then writing do.
/// Errors: of either. When the writer fails, the form with an `error_code&` returns what was read all the same.
/// Source: https://pkg.go.dev/io#TeeReader
template <class R, class W>
    requires reader<R> && writer<W>
class tee_reader {
public:
    /// Reads from `inner` and writes to `copy_to`.
    tee_reader(R&& inner, W&& copy_to) : inner_(std::forward<R>(inner)), copy_to_(std::forward<W>(copy_to)) {}

    /// Reads at least one byte; 0 at the end of the stream.
    std::size_t read_some(std::span<std::byte> to) {
        return detail::or_throw("weft::tee_reader::read_some", [&](std::error_code& ec) { return read_some(to, ec); });
    }
    /// The same; a failure is reported in `ec`.
    std::size_t read_some(std::span<std::byte> to, std::error_code& ec) {
        std::size_t const got = inner_.read_some(to, ec);
        std::error_code failed;
        copy_to_.write_all(std::span<std::byte const>(to.first(got)), failed);
        if (failed) ec = failed;
        return got;
    }

private:
    R inner_;
    W copy_to_;
};

/// Refers to lvalues and owns rvalues.
template <class R, class W>
tee_reader(R&& inner, W&& copy_to) -> tee_reader<R, W>;

}  // namespace weft
