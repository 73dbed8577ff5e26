#pragma once
#include <weft/chan.hpp>
#include <weft/clock.hpp>
#include <weft/detail/pulled_range.hpp>
#include <weft/select.hpp>
#include <weft/this_fiber.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

/// Channels seen as ranges: `for (auto v : weft::merge(a, b))`.
///
/// They are pulled by the loop that runs over them: no fiber is started, nothing is received ahead of the loop, and
/// whoever leaves the loop early leaves nothing behind. `feed` turns a range into a channel again.
///
/// Thread safety: one fiber or thread per range; the channels may be shared.
namespace weft {

/// What `merge` returns.
template <class T>
class merged : public detail::pulled_range<merged<T>, T> {
public:
    /// Of the channels that `from` yields.
    template <class Channels>
        requires(!std::same_as<std::remove_cvref_t<Channels>, merged>)
    explicit merged(Channels&& from) : state_(std::make_unique<state>()) {
        for (auto const& ch : from) state_->cases.push_back(on_recv(recv_chan<T>(ch), state_->slot));
    }

    /// Waits for the next value. `nullopt`: all channels are closed and drained.
    std::optional<T> next() {
        while (!state_->cases.empty()) {
            std::size_t const chosen = select(std::span(state_->cases));
            if (state_->slot) return std::exchange(state_->slot, std::nullopt);
            state_->cases.erase(state_->cases.begin() + static_cast<std::ptrdiff_t>(chosen));
        }
        return std::nullopt;
    }

private:
    // The cases refer to the slot: it stays where it is when the range moves.
    struct state {
        std::optional<T> slot;
        std::vector<select_case> cases;
    };

    std::unique_ptr<state> state_;
};

/// All values of several channels, each as soon as it is there; of several that are there one at random. The order of
/// each channel is kept. Ends when all are closed and drained.
/// Blocks: the loop, while no channel has a value.
/// Errors: `cancelled`.
template <class First, class... Others>
    requires requires(First const& first) { recv_chan<typename First::value_type>(first); }
[[nodiscard]] auto merge(First const& first, Others const&... others) {
    using value = typename First::value_type;
    recv_chan<value> const all[] = {first, others...};
    return merged<value>(all);
}

/// The same for a range of channels.
template <class Channels>
    requires requires(Channels const& channels) { std::begin(channels)->recv(); }
[[nodiscard]] auto merge(Channels const& channels) {
    return merged<typename std::remove_cvref_t<decltype(*std::begin(channels))>::value_type>(channels);
}

/// What `batch` returns.
template <class T>
class batched : public detail::pulled_range<batched<T>, std::vector<T>> {
public:
    /// See `batch`.
    batched(recv_chan<T> from, std::size_t most, clock::duration within) : from_(from), most_(most), within_(within) {
        if (most == 0) throw std::invalid_argument("weft::batch: batches of no values");
    }

    /// Waits for the next batch. `nullopt`: the channel is closed and drained.
    std::optional<std::vector<T>> next() {
        std::optional<T> value = from_.recv();
        if (!value) return std::nullopt;
        std::vector<T> batch;
        clock::time_point const deadline = detail::deadline_after(within_);
        do batch.push_back(std::move(*value));
        while (batch.size() != most_ && from_.recv_until(value, deadline) == chan_status::ok);
        return batch;
    }

private:
    recv_chan<T> from_;
    std::size_t most_;
    clock::duration within_;
};

/// The values of a channel in vectors of `most`, or of fewer when `within` has passed since the first of a batch was
/// received, or the channel is closed. No batch is empty.
/// Errors: `std::invalid_argument` if `most` is 0; `cancelled`.
template <class Chan>
[[nodiscard]] auto batch(Chan const& from, std::size_t most, clock::duration within = clock::duration::max()) {
    return batched<typename Chan::value_type>(from, most, within);
}

/// What `throttle` returns.
template <class T>
class throttled : public detail::pulled_range<throttled<T>, T> {
public:
    /// See `throttle`.
    throttled(recv_chan<T> from, clock::duration interval) : from_(from), interval_(interval) {}

    /// Waits for the next value, and for its time. `nullopt`: the channel is closed and drained.
    std::optional<T> next() {
        this_fiber::sleep_until(not_before_);
        std::optional<T> value = from_.recv();
        if (value) not_before_ = clock::now() + interval_;
        return value;
    }

private:
    recv_chan<T> from_;
    clock::duration interval_;
    clock::time_point not_before_ = clock::time_point::min();
};

/// The values of a channel, at least `interval` apart: the senders feel it, nothing is dropped.
/// Errors: `cancelled`.
template <class Chan>
[[nodiscard]] auto throttle(Chan const& from, clock::duration interval) {
    return throttled<typename Chan::value_type>(from, interval);
}

/// All that is still to come from a channel or another range, as a vector.
/// Blocks: until the channel is closed.
/// Errors: `cancelled`; what was received is lost then.
template <class Range>
[[nodiscard]] auto collect(Range&& from) {
    std::vector<std::remove_cvref_t<decltype(*from.begin())>> all;
    auto const end = from.end();
    for (auto i = from.begin(); i != end; ++i) all.push_back(*i);
    return all;
}

}  // namespace weft
