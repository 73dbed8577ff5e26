#include <weft/signals.hpp>

#include "signal_wishes.hpp"

namespace weft::signals {

namespace {

detail::signal_wishes& wishes() noexcept { return detail::signal_wishes::instance(); }

std::span<int const> span_of(std::initializer_list<int> list) noexcept { return {list.begin(), list.size()}; }

}  // namespace

void notify(send_chan<int> const& to, std::span<int const> which) { wishes().add(to, which); }
void notify(send_chan<int> const& to, std::initializer_list<int> which) { notify(to, span_of(which)); }

void stop(send_chan<int> const& to) noexcept { wishes().remove(to); }

void ignore(std::span<int const> which) { wishes().ignore(which); }
void ignore(std::initializer_list<int> which) { ignore(span_of(which)); }

void reset(std::span<int const> which) { wishes().reset(which); }
void reset(std::initializer_list<int> which) { reset(span_of(which)); }
void reset() noexcept { wishes().reset_all(); }

bool is_ignored(int signal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) != 0)
        throw std::invalid_argument("weft::signals::is_ignored: there is no signal " + std::to_string(signal));
    return (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_IGN;
}

void stop_function::operator()() const noexcept {
    if (id_ == 0) return;
    wishes().remove(id_);
    cancel_();
}

cancellation cancel_on(context const& parent, std::span<int const> which) {
    auto made = with_cancel(parent);
    stop_function stops(wishes().add(made.cancel, which), made.cancel);
    return {std::move(made.ctx), std::move(stops)};
}
cancellation cancel_on(context const& parent, std::initializer_list<int> which) {
    return cancel_on(parent, span_of(which));
}

}  // namespace weft::signals
