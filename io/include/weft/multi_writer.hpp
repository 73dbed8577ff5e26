#pragma once
#include <weft/stream.hpp>

#include <cstddef>
#include <span>
#include <system_error>
#include <tuple>
#include <utility>

namespace weft {

/// A writer that writes everything to each of several, one after the other.
///
/// Thread safety: one fiber at a time. Blocks: as all of them do.
/// Errors: of the first that fails; those behind it do not get the bytes. The number that the form with an `error_code&`
/// returns is then how many it took.
/// Source: https://pkg.go.dev/io#MultiWriter
template <class... W>
    requires(writer<W>&&...)
class multi_writer {
public:
    /// Writes to each of `inner`, in order.
    explicit multi_writer(W&&... inner) : inner_(std::forward<W>(inner)...) {}

    /// The same as `write_all`: where one could take less, the others would have to wait for it.
    std::size_t write_some(std::span<std::byte const> from) { return write_all(from); }
    /// The same; a failure is reported in `ec`.
    std::size_t write_some(std::span<std::byte const> from, std::error_code& ec) { return write_all(from, ec); }

    /// Writes all bytes to each and returns their number.
    std::size_t write_all(std::span<std::byte const> from) {
        return detail::or_throw("weft::multi_writer::write_all",
                                [&](std::error_code& ec) { return write_all(from, ec); });
    }
    /// The same; a failure is reported in `ec`.
    std::size_t write_all(std::span<std::byte const> from, std::error_code& ec) {
        ec.clear();
        std::size_t written = from.size();
        auto const succeeds = [&](auto& one) {
            written = one.write_all(from, ec);
            return !ec;
        };
        std::apply([&](auto&... each) { (succeeds(each) && ...); }, inner_);
        return written;
    }

private:
    std::tuple<W...> inner_;
};

/// Refers to lvalues and owns rvalues.
template <class... W>
multi_writer(W&&... inner) -> multi_writer<W...>;

}  // namespace weft
