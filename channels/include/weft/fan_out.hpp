#pragma once
#include <weft/chan.hpp>
#include <weft/task_group.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace weft {

/// A channel that a fiber of `group` feeds with the values of `from`: a vector, a channel, a `merge`, a view. It is closed
/// after the last one. The group ends the fiber if nobody receives any more.
///
/// The fiber has a range of its own: an rvalue is moved into it, an lvalue copied.
/// Errors: as `task_group::go`; what iterating `from` throws becomes the group's.
template <class Range>
[[nodiscard]] auto feed(task_group& group, Range&& from, std::ptrdiff_t capacity = 0) {
    using value = std::remove_cvref_t<decltype(*from.begin())>;
    auto out = make_chan<value>(capacity);
    group.go([out, values = std::decay_t<Range>(std::forward<Range>(from))]() mutable {
        auto const end = values.end();
        for (auto i = values.begin(); i != end; ++i) out.send(*i);
        out.close();
    });
    return recv_chan<value>(out);
}

/// `count` channels that all get every value of `from`, in its order, by a fiber of `group`; closed when `from` is. The
/// slowest receiver sets the pace, by `capacity` values.
/// Errors: as `task_group::go`.
template <class Chan>
[[nodiscard]] auto tee(task_group& group, Chan const& from, std::size_t count, std::ptrdiff_t capacity = 0) {
    using value = typename Chan::value_type;
    std::vector<chan<value>> outs;
    for (std::size_t i = 0; i != count; ++i) outs.push_back(make_chan<value>(capacity));
    std::vector<recv_chan<value>> receiving(outs.begin(), outs.end());
    group.go([outs = std::move(outs), from = recv_chan<value>(from)] {
        for (value const v : from)
            for (auto const& out : outs) out.send(v);
        for (auto const& out : outs) out.close();
    });
    return receiving;
}

}  // namespace weft
