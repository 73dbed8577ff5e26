#include "dial_race.hpp"

#include "endpoint_access.hpp"
#include "host_name.hpp"
#include "resolver_core.hpp"

#include <weft/go.hpp>
#include <weft/select.hpp>

#include <algorithm>
#include <utility>

namespace weft::detail {

dial_race::~dial_race() {
    for (fiber<>& helper : helpers_) helper.cancel();  // all at once; each is joined by its own end
}

net::tcp_stream dial_race::run(std::vector<net::endpoint> const& known) {
    for (net::endpoint const& at : known)
        families_[endpoint_access::family(at) == AF_INET6 ? v6 : v4].addresses.push_back(at);
    turn_ = endpoint_access::family(known.front()) == AF_INET6 ? v6 : v4;
    return decide();
}

net::tcp_stream dial_race::run(std::string const& host, std::uint16_t port) {
    ask(v6, host, port);
    ask(v4, host, port);
    return decide();
}

void dial_race::ask(std::size_t which, std::string const& host, std::uint16_t port) {
    families_[which].asked = true;
    helpers_.push_back(spawn({.name = which == v6 ? "look-up of IPv6" : "look-up of IPv4"}, [this, which, &host, port] {
        answer found{which, {}, nullptr};
        try {
            found.addresses =
                resolver_access::core(options_.names).ask_for_addresses(host, which == v6 ? AF_INET6 : AF_INET);
            for (net::endpoint& at : found.addresses) at = with_port(at, port);
        } catch (std::exception const&) {
            found.failure = std::current_exception();
        }
        answers_.send(std::move(found));
    }));
}

void dial_race::take(answer&& a) {
    family& of = families_[a.of];
    of.asked = false;
    of.failure = std::move(a.failure);
    of.addresses.assign(a.addresses.begin(), a.addresses.end());
    if (a.of == v4 && families_[v6].asked) ipv6_until_ = clock::now() + options_.resolution_delay;
}

// True: the race is won.
bool dial_race::take(attempt&& a) {
    --running_;
    if (a.failure == nullptr && a.end.how.error == 0) {
        winner_ = std::move(a.end.stream);
        return true;
    }
    if (a.end.how.cancelled) throw_cancelled();  // so was the dialling fiber: the helpers are under its context
    if (first_failure_ == nullptr)
        first_failure_ = a.failure != nullptr ? std::move(a.failure)
                                              : std::make_exception_ptr(std::system_error(a.end.how.code(), what_));
    next_attempt_ = clock::time_point::min();
    return false;
}

bool dial_race::may_begin(clock::time_point now) const noexcept {
    if (now < next_attempt_) return false;
    if (!families_[v6].addresses.empty()) return true;
    return !families_[v4].addresses.empty() && (!families_[v6].asked || now >= ipv6_until_);
}

void dial_race::begin_what_may() {
    while (may_begin(clock::now())) {
        if (families_[turn_].addresses.empty()) turn_ = 1 - turn_;
        std::deque<net::endpoint>& from = families_[turn_].addresses;
        net::endpoint const to = from.front();
        from.pop_front();
        turn_ = 1 - turn_;
        begin(to);
    }
}

void dial_race::begin(net::endpoint const& to) {
    tried_.append(tried_.empty() ? "" : ", ").append(to.to_string());
    next_attempt_ = clock::now() + options_.attempt_delay;
    ++running_;
    helpers_.push_back(spawn({.name = "dial"}, [this, to] {
        attempt made{to, {}, nullptr};
        try {
            made.end = connect_to(to, clock::time_point::max());
        } catch (std::exception const&) {
            made.failure = std::current_exception();
        }
        ends_.send(std::move(made));
    }));
}

// When something may begin without any news.
clock::time_point dial_race::next_step() const noexcept {
    if (!families_[v6].addresses.empty()) return next_attempt_;
    if (families_[v4].addresses.empty()) return clock::time_point::max();
    return families_[v6].asked ? std::max(next_attempt_, ipv6_until_) : next_attempt_;
}

bool dial_race::is_over() const noexcept {
    auto const exhausted = [](family const& f) { return f.addresses.empty() && !f.asked; };
    return running_ == 0 && exhausted(families_[v6]) && exhausted(families_[v4]);
}

net::tcp_stream dial_race::decide() {
    for (;;) {
        begin_what_may();
        if (is_over()) fail();
        bool won = false;
        select(on_recv(ends_, [&](std::optional<attempt> a) { won = take(std::move(*a)); }),
               on_recv(answers_, [&](std::optional<answer> a) { take(std::move(*a)); }), on_deadline(next_step()));
        if (won) return std::move(winner_);
    }
}

void dial_race::fail() const {
    if (first_failure_ == nullptr) {
        // That a name has no address of one family says less than what went wrong with the other.
        for (family const& f : families_) {
            try {
                if (f.failure != nullptr) std::rethrow_exception(f.failure);
            } catch (std::system_error const& e) {
                if (e.code() != net::dns_error::no_data) throw;
            }
        }
        std::rethrow_exception(families_[v4].failure);
    }
    try {
        std::rethrow_exception(first_failure_);
    } catch (std::system_error const& e) {
        throw std::system_error(e.code(), what_ + ", tried " + tried_);
    }
}

}  // namespace weft::detail
