#include "channels/program_run.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <utility>
#include <weft/chan.hpp>
#include <weft/detail/diagnostics.hpp>
#include <weft/detail/wait.hpp>
#include <weft/error.hpp>
#include <weft/go.hpp>
#include <weft/select.hpp>
#include <weft/this_fiber.hpp>

namespace weft_test {
namespace {

using channel = weft::chan<channel_value>;
using slot = std::optional<channel_value>;
using direction = channel_case::direction;
using patience = operation::patience;
using status = outcome::status;

// The order in which things were seen. A number is drawn before an operation begins and after it has ended, so it acts in between.
class recorder {
public:
    std::size_t draw() noexcept { return next_.fetch_add(1); }

private:
    std::atomic<std::size_t> next_{0};
};

// One fiber's part of the history, with the numbers that put it in its place.
struct part {
    struct entry {
        operation did;
        outcome result;
        std::size_t began = 0, ended = 0;
    };
    std::vector<entry> entries;
};

outcome of_send(weft::chan_status s) {
    switch (s) {
    case weft::chan_status::ok: return {status::done, 0, 0};
    case weft::chan_status::would_block: return {status::not_ready, 0, 0};
    case weft::chan_status::timed_out: return {status::timed_out, 0, 0};
    case weft::chan_status::closed: break;
    }
    return {status::refused, 0, 0};
}

outcome of_receive(std::size_t chosen, slot const& got) {
    return got ? outcome{status::done, chosen, *got} : outcome{status::drained, chosen, 0};
}

outcome of_receive(weft::chan_status s, slot const& got) {
    if (s == weft::chan_status::ok || s == weft::chan_status::closed) return of_receive(0, got);
    return of_send(s);
}

class player {
public:
    player(std::deque<channel> const& channels, fault planted) : channels_(channels), planted_(planted) {}

    outcome perform(operation const& op) {
        try {
            if (op.what == operation::kind::close) return at(op.cases[0]).close(), outcome{status::done, 0, 0};
            if (op.waits == patience::tries && planted_ == fault::is_never_ready) return {status::not_ready, 0, 0};
            if (op.how == operation::form::call) return call(op);
            if (op.how == operation::form::typed_select) return select_typed(op);
            return select_dynamic(op);
        } catch (weft::closed_channel const&) {
            return {status::refused, 0, 0};
        }
    }

private:
    channel at(channel_case const& c) const { return c.channel ? channels_[*c.channel] : channel(); }

    outcome call(operation const& op) {
        channel_case const& c = op.cases[0];
        return c.way == direction::send ? send(op, at(c), c.value) : receive(op, at(c));
    }

    outcome send(operation const& op, channel const& ch, channel_value value) {
        if (planted_ == fault::loses && ch.capacity() != 0) return {status::done, 0, 0};
        if (planted_ == fault::doubles) (void)ch.try_send(value);
        switch (op.waits) {
        case patience::waits: ch.send(value); return {status::done, 0, 0};
        case patience::tries: return of_send(ch.try_send(value));
        case patience::times_out: break;
        }
        return of_send(ch.send_for(value, std::chrono::microseconds(op.timeout_us)));
    }

    outcome receive(operation const& op, channel const& ch) {
        slot got;
        if (planted_ == fault::reorders) reorder(ch);
        switch (op.waits) {
        case patience::waits:
            got = (planted_ == fault::sleeps_through ? channel() : ch).recv();
            return of_receive(0, got);
        case patience::tries: return of_receive(ch.try_recv(got), got);
        case patience::times_out: break;
        }
        return of_receive(ch.recv_for(got, std::chrono::microseconds(op.timeout_us)), got);
    }

    static void reorder(channel const& ch) {
        slot first;
        if (ch.size() > 1 && ch.try_recv(first) == weft::chan_status::ok) (void)ch.try_send(*first);
    }

    // A case lives in one full expression: what is to be done with it goes to where it stands.
    template <class Use>
    std::size_t with_case(channel_case const& c, slot& into, Use const& use) const {
        channel const ch = at(c);
        if (c.way == direction::send) return use(weft::on_send(ch, c.value));
        return use(weft::on_recv(ch, into));
    }

    template <class... Cases>
    static std::size_t select_with_patience(operation const& op, Cases&... cases) {
        switch (op.waits) {
        case patience::waits: return weft::select(cases...);
        case patience::tries: return weft::select(cases..., weft::otherwise());
        case patience::times_out: break;
        }
        return weft::select(cases..., weft::on_timeout(std::chrono::microseconds(op.timeout_us)));
    }

    static outcome of_select(operation const& op, std::size_t chosen, slot const* slots) {
        if (chosen == op.cases.size())
            return {op.waits == patience::tries ? status::not_ready : status::timed_out, 0, 0};
        if (op.cases[chosen].way == direction::send) return {status::done, chosen, 0};
        return of_receive(chosen, slots[chosen]);
    }

    outcome select_typed(operation const& op) const {
        slot slots[2];
        std::size_t const chosen = with_case(op.cases[0], slots[0], [&](auto&& first) {
            if (op.cases.size() == 1) return select_with_patience(op, first);
            return with_case(op.cases[1], slots[1],
                             [&](auto&& second) { return select_with_patience(op, first, second); });
        });
        return of_select(op, chosen, slots);
    }

    outcome select_dynamic(operation const& op) const {
        std::vector<slot> slots(op.cases.size());
        std::vector<weft::select_case> cases;
        for (std::size_t i = 0; i != op.cases.size(); ++i) {
            channel_case const& c = op.cases[i];
            if (c.way == direction::send)
                cases.emplace_back(weft::on_send(at(c), channel_value{c.value}));
            else
                cases.emplace_back(weft::on_recv(at(c), [&into = slots[i]](slot got) { into = got; }));
        }
        if (op.waits == patience::tries) cases.emplace_back(weft::otherwise());
        if (op.waits == patience::times_out)
            cases.emplace_back(weft::on_timeout(std::chrono::microseconds(op.timeout_us)));
        return of_select(op, weft::select(cases), slots.data());
    }

    std::deque<channel> const& channels_;
    fault planted_;
};

// Does what the fiber is to do, until the end or until it is cancelled in the middle of something.
void play(std::vector<operation> const& all, player& plays, recorder& order, part& own) {
    for (operation const& op : all) {
        for (unsigned turn = 0; turn != op.yields_before; ++turn) weft::this_fiber::yield();
        own.entries.push_back({op, {}, order.draw(), 0});
        try {
            own.entries.back().result = plays.perform(op);
        } catch (weft::cancelled const&) {
            own.entries.back().ended = order.draw();
            return;
        }
        own.entries.back().ended = order.draw();
    }
}

// Waits until each of the fibers has ended or sleeps for good.
//
// Two looks find all of them asleep, between the looks no timer is armed and no other worker is doing anything (such as waking
// those whose time has come), and nothing was recorded from before the first until after the second: then each slept in the
// same operation both times, and nobody can have woken it in between, because waking ends an operation. So at the instant
// between the looks all were asleep.
void await_quiet(std::size_t fibers, std::atomic<std::size_t> const& ended, recorder& order) {
    for (std::size_t drawn = order.draw();; drawn = order.draw()) {
        std::size_t const rest = fibers - ended.load();
        bool const first = weft::detail::parked_fibers() == rest;
        bool const timers = weft::detail::live_timers() != 0;
        bool const alone = weft::detail::sleeping_workers() + 1 == weft::detail::current_workers();
        bool const second = weft::detail::parked_fibers() == rest;
        if (first && second && !timers && alone && ended.load() == fibers - rest && order.draw() == drawn + 1) return;
        weft::this_fiber::yield();
    }
}

// Receives what the channels still hold.
std::vector<operation> drain(program const& p) {
    std::vector<operation> all;
    for (std::size_t c = 0; c != p.capacities.size(); ++c)
        for (std::size_t i = 0; i <= p.capacities[c]; ++i) {
            operation op;
            op.waits = patience::tries;
            op.cases = {{c, direction::receive, 0}};
            all.push_back(op);
        }
    return all;
}

history combine(program const& p, std::vector<part> const& parts, std::size_t quiet_at) {
    history h;
    h.capacities = p.capacities;
    std::vector<std::pair<std::size_t, event>> numbered{{quiet_at, {event::kind::quiet, 0}}};
    for (std::size_t f = 0; f != parts.size(); ++f)
        for (part::entry const& e : parts[f].entries) {
            numbered.push_back({e.began, {event::kind::begins, h.operations.size()}});
            numbered.push_back({e.ended, {event::kind::ends, h.operations.size()}});
            h.operations.push_back({f, e.did, e.result});
        }
    std::ranges::sort(numbered, {}, [](auto const& each) { return each.first; });
    for (auto const& [number, e] : numbered) h.events.push_back(e);
    return h;
}

}  // namespace

history run_program(program const& p, fault planted) {
    std::deque<channel> channels;
    for (std::size_t const capacity : p.capacities)
        channels.push_back(weft::make_chan<channel_value>(static_cast<std::ptrdiff_t>(capacity)));
    recorder order;
    player plays(channels, planted);
    std::vector<part> parts(p.fibers.size() + 1);
    std::atomic<std::size_t> ended = 0;
    std::vector<weft::fiber<>> fibers;
    for (std::size_t f = 0; f != p.fibers.size(); ++f)
        fibers.push_back(weft::spawn([&, f] {
            play(p.fibers[f], plays, order, parts[f]);
            ++ended;
        }));
    await_quiet(fibers.size(), ended, order);
    std::size_t const quiet_at = order.draw();
    for (auto& fiber : fibers) fiber.cancel();
    for (auto& fiber : fibers) fiber.join();
    player honest(channels, fault::none);
    play(drain(p), honest, order, parts.back());
    return combine(p, parts, quiet_at);
}

}  // namespace weft_test
