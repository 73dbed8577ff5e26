// The search goes along the events. It passes a beginning at once, and an end when the operation is over in the model; between
// two events it lets those that have begun act, in every order. It never comes to the same state twice.
#include "channels/channel_model.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <tuple>

namespace weft_test {
namespace {

using direction = channel_case::direction;
using status = outcome::status;

enum class stage : std::uint8_t { unborn, begun, waiting, over };

struct place {
    std::size_t operation, which;  // which of its cases
    friend bool operator==(place const&, place const&) = default;
    friend bool operator<(place const& a, place const& b) {
        return std::tie(a.operation, a.which) < std::tie(b.operation, b.which);
    }
};

struct model_channel {
    bool closed = false;
    std::deque<channel_value> buffer;
    std::deque<place> senders, receivers;  // in the order of their arrival

    friend bool operator<(model_channel const& a, model_channel const& b) {
        return std::tie(a.closed, a.buffer, a.senders, a.receivers) <
               std::tie(b.closed, b.buffer, b.senders, b.receivers);
    }
};

struct state {
    std::size_t next_event = 0;
    std::vector<stage> stages;
    std::vector<model_channel> channels;

    friend bool operator<(state const& a, state const& b) {
        return std::tie(a.next_event, a.stages, a.channels) < std::tie(b.next_event, b.stages, b.channels);
    }
};

class search {
public:
    explicit search(history const& h) : history_(h) {}

    bool explain() {
        state first;
        first.stages.resize(history_.operations.size(), stage::unborn);
        first.channels.resize(history_.capacities.size());
        return explain_from(std::move(first));
    }

private:
    bool explain_from(state s) {
        pass_events(s);
        if (s.next_event == history_.events.size()) return true;
        if (!seen_.insert(s).second) return false;
        for (std::size_t op = 0; op != s.stages.size(); ++op) {
            if (s.stages[op] == stage::begun && try_acts(s, op)) return true;
            if (s.stages[op] == stage::waiting && may_leave(op)) {
                state left = s;
                take_out(left, op);
                if (explain_from(std::move(left))) return true;
            }
        }
        return false;
    }

    // Up to the first that cannot be passed before somebody has acted.
    void pass_events(state& s) const {
        for (; s.next_event != history_.events.size(); ++s.next_event) {
            event const& e = history_.events[s.next_event];
            switch (e.what) {
            case event::kind::begins: s.stages[e.operation] = stage::begun; break;
            case event::kind::ends:
                if (s.stages[e.operation] == stage::over) break;
                // Cancelled after the quiet: it was waiting, and it leaves when that is seen.
                if (history_.operations[e.operation].result.how != status::withdrawn) return;
                take_out(s, e.operation);
                break;
            case event::kind::quiet:
                if (std::ranges::any_of(s.stages, [](stage at) { return at == stage::begun; })) return;
                for (std::size_t op = 0; op != s.stages.size(); ++op)
                    if (s.stages[op] == stage::waiting && expected(op).how != status::withdrawn) return;
                break;
            }
        }
    }

    outcome const& expected(std::size_t op) const { return history_.operations[op].result; }
    operation const& did(std::size_t op) const { return history_.operations[op].did; }
    bool may_leave(std::size_t op) const { return expected(op).how == status::timed_out; }

    // Lets `op` act in each way in which it can, and goes on from there.
    bool try_acts(state const& s, std::size_t op) {
        if (did(op).what == operation::kind::close) return try_close(s, op);
        bool any_ready = false;
        for (std::size_t which = 0; which != did(op).cases.size(); ++which) {
            if (!is_ready(s, op, which)) continue;
            any_ready = true;
            state after = s;
            if (transfer(after, op, which) && explain_from(std::move(after))) return true;
        }
        state after = s;
        if (any_ready) {
            // The time may have been up as well, and then that is one more case that is ready.
            if (did(op).how == operation::form::call || !may_leave(op)) return false;
            after.stages[op] = stage::over;
            return explain_from(std::move(after));
        }
        if (did(op).waits == operation::patience::tries) {
            if (expected(op).how != status::not_ready) return false;
            after.stages[op] = stage::over;
        } else {
            stand_in_line(after, op);
        }
        return explain_from(std::move(after));
    }

    bool is_ready(state const& s, std::size_t op, std::size_t which) const {
        channel_case const& c = did(op).cases[which];
        if (!c.channel) return false;
        model_channel const& ch = s.channels[*c.channel];
        if (ch.closed) return true;
        return c.way == direction::receive
                   ? !ch.buffer.empty() || !ch.senders.empty()
                   : !ch.receivers.empty() || ch.buffer.size() < history_.capacities[*c.channel];
    }

    // False: somebody then has another outcome than the history says.
    bool transfer(state& s, std::size_t op, std::size_t which) const {
        channel_case const& c = did(op).cases[which];
        model_channel& ch = s.channels[*c.channel];
        return c.way == direction::receive ? receive(s, ch, op, which) : send(s, ch, op, which, c.value);
    }

    bool receive(state& s, model_channel& ch, std::size_t op, std::size_t which) const {
        if (!ch.buffer.empty()) {
            channel_value const value = ch.buffer.front();
            ch.buffer.pop_front();
            if (!ch.senders.empty()) {
                place const first = first_of(ch.senders);
                ch.buffer.push_back(value_of(first));
                if (!end(s, first.operation, {status::done, first.which, 0})) return false;
            }
            return end(s, op, {status::done, which, value});
        }
        if (ch.senders.empty()) return end(s, op, {status::drained, which, 0});
        place const first = first_of(ch.senders);
        return end(s, first.operation, {status::done, first.which, 0}) &&
               end(s, op, {status::done, which, value_of(first)});
    }

    bool send(state& s, model_channel& ch, std::size_t op, std::size_t which, channel_value value) const {
        if (ch.closed) return end(s, op, {status::refused, 0, 0});
        if (ch.receivers.empty()) {
            ch.buffer.push_back(value);
        } else {
            place const first = first_of(ch.receivers);
            if (!end(s, first.operation, {status::done, first.which, value})) return false;
        }
        return end(s, op, {status::done, which, 0});
    }

    bool try_close(state const& s, std::size_t op) {
        state after = s;
        auto const& channel = did(op).cases[0].channel;
        if (!channel || s.channels[*channel].closed)
            return end(after, op, {status::refused, 0, 0}) && explain_from(std::move(after));
        model_channel& ch = after.channels[*channel];
        ch.closed = true;
        while (!ch.receivers.empty())
            if (!end(after, first_of(ch.receivers).operation, {status::drained, first_of(ch.receivers).which, 0}))
                return false;
        while (!ch.senders.empty())
            if (!end(after, ch.senders.front().operation, {status::refused, 0, 0})) return false;
        return end(after, op, {status::done, 0, 0}) && explain_from(std::move(after));
    }

    // A select that stands in one line with several cases is served by any of them: by the one that the history says.
    place first_of(std::deque<place> const& line) const {
        place const first = line.front();
        place const told{first.operation, expected(first.operation).chosen};
        return std::ranges::count(line, told) != 0 ? told : first;
    }

    channel_value value_of(place const& at) const { return did(at.operation).cases[at.which].value; }

    bool end(state& s, std::size_t op, outcome const& how) const {
        take_out(s, op);
        return expected(op) == how;
    }

    void stand_in_line(state& s, std::size_t op) const {
        s.stages[op] = stage::waiting;
        for (std::size_t which = 0; which != did(op).cases.size(); ++which) {
            channel_case const& c = did(op).cases[which];
            if (!c.channel) continue;
            model_channel& ch = s.channels[*c.channel];
            (c.way == direction::receive ? ch.receivers : ch.senders).push_back({op, which});
        }
    }

    static void take_out(state& s, std::size_t op) {
        s.stages[op] = stage::over;
        for (model_channel& ch : s.channels)
            for (auto* line : {&ch.senders, &ch.receivers})
                std::erase_if(*line, [op](place const& at) { return at.operation == op; });
    }

    history const& history_;
    std::set<state> seen_;
};

}  // namespace

bool is_explained(history const& h) { return search(h).explain(); }

}  // namespace weft_test
