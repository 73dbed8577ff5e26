#include "channels/program.hpp"

#include <algorithm>

namespace weft_test {
namespace {

using patience = operation::patience;
using form = operation::form;
using direction = channel_case::direction;

class maker {
public:
    explicit maker(engine& dice) : dice_(dice) {}

    program make() {
        program p;
        p.capacities.resize(1 + below(dice_, 3));
        for (std::size_t& capacity : p.capacities) capacity = below(dice_, 3);
        channels_ = p.capacities.size();
        p.fibers.resize(2 + below(dice_, 3));
        for (auto& fiber : p.fibers) {
            fiber.resize(1 + below(dice_, 4));
            for (operation& op : fiber) op = make_operation();
        }
        return p;
    }

private:
    bool one_in(std::uint64_t n) { return below(dice_, n) == 0; }

    operation make_operation() {
        operation op;
        op.yields_before = one_in(3) ? static_cast<unsigned>(below(dice_, 4)) : 0;
        if (one_in(9)) {
            op.what = operation::kind::close;
            op.cases = {make_case()};
            return op;
        }
        op.how = one_in(2) ? form::call : (one_in(2) ? form::typed_select : form::dynamic_select);
        op.cases.resize(op.how == form::call           ? 1
                        : op.how == form::typed_select ? 1 + below(dice_, 2)
                                                       : 1 + below(dice_, 3));
        for (channel_case& c : op.cases) c = make_case();
        op.waits = one_in(2) ? patience::waits : (one_in(2) ? patience::tries : patience::times_out);
        op.timeout_us = one_in(2) ? 0 : static_cast<unsigned>(below(dice_, 60));
        return op;
    }

    channel_case make_case() {
        channel_case c;
        if (!one_in(16)) c.channel = below(dice_, channels_);
        c.way = one_in(2) ? direction::send : direction::receive;
        c.value = ++last_value_;
        return c;
    }

    engine& dice_;
    std::size_t channels_ = 1;
    channel_value last_value_ = 0;
};

std::string to_text(channel_case const& c) {
    std::string const where = c.channel ? "c" + std::to_string(*c.channel) : "nil";
    return c.way == direction::receive ? "recv " + where : "send " + where + " " + std::to_string(c.value);
}

std::string to_text(operation const& op) {
    if (op.what == operation::kind::close)
        return op.cases[0].channel ? "close c" + std::to_string(*op.cases[0].channel) : "close nil";
    std::string text;
    if (op.yields_before != 0) text += "yield " + std::to_string(op.yields_before) + ", ";
    if (op.waits == patience::tries) text += "try ";
    if (op.how != form::call) text += op.how == form::typed_select ? "select {" : "dynamic select {";
    for (std::size_t i = 0; i != op.cases.size(); ++i) text += (i == 0 ? "" : ", ") + to_text(op.cases[i]);
    if (op.how != form::call) text += "}";
    if (op.waits == patience::times_out) text += " for " + std::to_string(op.timeout_us) + " us";
    return text;
}

std::string to_text(outcome const& o) {
    std::string const which = " (case " + std::to_string(o.chosen) + ", value " + std::to_string(o.value) + ")";
    switch (o.how) {
    case outcome::status::done: return "done" + which;
    case outcome::status::drained: return "drained" + which;
    case outcome::status::refused: return "refused";
    case outcome::status::not_ready: return "not ready";
    case outcome::status::timed_out: return "timed out";
    case outcome::status::withdrawn: break;
    }
    return "never ended";
}

std::string to_text(std::vector<std::size_t> const& capacities) {
    std::string text;
    for (std::size_t i = 0; i != capacities.size(); ++i)
        text += "  c" + std::to_string(i) + " has capacity " + std::to_string(capacities[i]) + "\n";
    return text;
}

}  // namespace

program make_program(engine& dice) { return maker(dice).make(); }

std::string to_text(program const& p) {
    std::string text = to_text(p.capacities);
    for (std::size_t f = 0; f != p.fibers.size(); ++f) {
        text += "  fiber " + std::to_string(f) + ":";
        for (operation const& op : p.fibers[f]) text += " " + to_text(op) + ";";
        text += "\n";
    }
    return text;
}

std::string to_text(history const& h) {
    std::string text;
    for (event const& e : h.events) {
        if (e.what == event::kind::quiet) {
            text += "  -- nobody moves any more; those who wait are cancelled\n";
            continue;
        }
        auto const& op = h.operations[e.operation];
        text += "  fiber " + std::to_string(op.fiber) + (e.what == event::kind::begins ? " begins: " : " ends:   ") +
                to_text(op.did);
        if (e.what == event::kind::ends) text += " -> " + to_text(op.result);
        text += "\n";
    }
    return text;
}

}  // namespace weft_test
