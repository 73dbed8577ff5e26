#include <weft/ticker.hpp>
#include <weft/timer.hpp>

#include <stdexcept>

namespace weft {

namespace {

constexpr clock::duration once{};

recv_chan<clock::time_point> timed_channel(clock::duration d, clock::duration period) {
    auto const made = make_chan<clock::time_point>();
    made.core()->timer().begin(detail::deadline_after(d), period);
    return made;
}

clock::duration checked(clock::duration period) {
    if (period <= clock::duration::zero())
        throw std::invalid_argument("weft::ticker: the period must be longer than zero");
    return period;
}

}  // namespace

recv_chan<clock::time_point> after(clock::duration d) { return timed_channel(d, once); }

timer::timer(clock::duration d) : channel_(timed_channel(d, once)) {}
timer::~timer() { stop(); }
bool timer::stop() { return channel_.core()->timer().stop(); }
bool timer::reset(clock::duration d) { return channel_.core()->timer().reset(detail::deadline_after(d), once); }

ticker::ticker(clock::duration period) : channel_(timed_channel(checked(period), period)) {}
ticker::~ticker() { stop(); }
void ticker::stop() { channel_.core()->timer().stop(); }
void ticker::reset(clock::duration period) {
    channel_.core()->timer().reset(detail::deadline_after(checked(period)), period);
}

}  // namespace weft
