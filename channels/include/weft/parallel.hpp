#pragma once
#include <weft/detail/for_chunks.hpp>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

/// How a parallel loop is divided.
struct parallel_options {
    std::size_t fibers = 0;  ///< At work at the same time; 0: as many as there are workers.
    std::size_t grain = 0;   ///< Elements that a fiber takes at a time; 0: an eighth of an even share.
};

/// Calls `f(i)` for each `i` in [first, last), in any order, on several workers.
///
/// The first exception stops the loop and is rethrown. Between two grains a cancelled loop stops as well.
/// Blocks: until all calls have returned.
/// On a plain thread it runs there, alone.
/// Errors: `cancelled`; what `f` throws.
template <std::integral I, class F>
    requires std::invocable<F&, I>
void parallel_for(I first, I last, F&& f, parallel_options options = {}) {
    if (!(first < last)) return;
    auto const count = static_cast<std::size_t>(last) - static_cast<std::size_t>(first);
    detail::for_chunks(count, options.fibers, options.grain, [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i != to; ++i) f(static_cast<I>(static_cast<std::size_t>(first) + i));
    });
}

/// Calls `f(element)` for each element of a random-access range.
template <class Range, class F>
    requires std::random_access_iterator<decltype(std::begin(std::declval<Range&>()))>
void parallel_for(Range&& range, F&& f, parallel_options options = {}) {
    auto const begin = std::begin(range);
    parallel_for(
        std::ptrdiff_t{0}, std::ptrdiff_t{std::end(range) - begin}, [&](std::ptrdiff_t i) { f(begin[i]); }, options);
}

/// The results of `f(element)` for each element of a random-access range, in its order.
/// Errors: as `parallel_for`.
template <class Range, class F>
    requires std::random_access_iterator<decltype(std::begin(std::declval<Range&>()))>
auto parallel_map(Range&& range, F&& f, parallel_options options = {}) {
    auto const begin = std::begin(range);
    using value = std::remove_cvref_t<decltype(f(begin[0]))>;
    std::vector<std::optional<value>> made(static_cast<std::size_t>(std::end(range) - begin));
    parallel_for(
        std::size_t{0}, made.size(), [&](std::size_t i) { made[i].emplace(f(begin[static_cast<std::ptrdiff_t>(i)])); },
        options);
    std::vector<value> results;
    results.reserve(made.size());
    for (auto& one : made) results.push_back(std::move(*one));
    return results;
}

}  // namespace weft
