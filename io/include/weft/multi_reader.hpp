#pragma once
#include <weft/stream.hpp>

#include <cstddef>
#include <span>
#include <system_error>
#include <tuple>
#include <utility>

namespace weft {

/// Several readers as one stream: the first until it ends, then the second, and so on.
///
/// Thread safety: one fiber at a time. Blocks, Errors: as the reader whose turn it is, which stays so after a failure.
/// Source: https://pkg.go.dev/io#MultiReader
template <class... R>
    requires(reader<R>&&...)
class multi_reader {
public:
    /// Reads from each of `inner` in order.
    explicit multi_reader(R&&... inner) : inner_(std::forward<R>(inner)...) {}

    /// Reads at least one byte; 0 at the end of the last stream.
    std::size_t read_some(std::span<std::byte> to) {
        return detail::or_throw("weft::multi_reader::read_some",
                                [&](std::error_code& ec) { return read_some(to, ec); });
    }
    /// The same; a failure is reported in `ec`.
    std::size_t read_some(std::span<std::byte> to, std::error_code& ec) {
        ec.clear();
        std::size_t got = 0;
        if (!to.empty()) read_from(to, got, ec, std::index_sequence_for<R...>());
        return got;
    }

private:
    template <std::size_t... I>
    void read_from(std::span<std::byte> to, std::size_t& got, std::error_code& ec, std::index_sequence<I...>) {
        (read_from<I>(to, got, ec) || ...);
    }
    /// False: not its turn, or its stream has ended, and it is the next one's.
    template <std::size_t I>
    bool read_from(std::span<std::byte> to, std::size_t& got, std::error_code& ec) {
        if (turn_ != I) return false;
        got = std::get<I>(inner_).read_some(to, ec);
        if (got != 0 || ec) return true;
        ++turn_;
        return false;
    }

    std::tuple<R...> inner_;
    std::size_t turn_ = 0;
};

/// Refers to lvalues and owns rvalues.
template <class... R>
multi_reader(R&&... inner) -> multi_reader<R...>;

}  // namespace weft
