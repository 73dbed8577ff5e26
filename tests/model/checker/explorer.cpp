// What scenarios and the model's atomics call: each operation, put together from the engine's decisions.
#include "explorer.hpp"

#include "engine.hpp"

#include <cstdio>

namespace weft_model {

namespace {

std::string shown(std::uint64_t value) {
    if (value < 1'000'000) return std::to_string(value);
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::string told(char const* what, std::uint64_t key, std::memory_order order, std::string const& rest) {
    return std::string(what) + " #" + std::to_string(key >> 32) + '.' + std::to_string(key & 0xffff'ffff) + ' ' +
           name_of(order) + rest;
}

bool is_missing(mutation const* bug) noexcept { return bug != nullptr && bug->instead == mutation::effect::missing; }

// The engine, if one of its threads is running.
engine* acting() noexcept {
    engine* e = engine::current();
    return e != nullptr && e->is_running() ? e : nullptr;
}

}  // namespace

std::string result::text() const {
    std::string t = std::to_string(executions) + " executions, " + std::to_string(states) + " states";
    if (!complete && violation.empty()) t += ": given up";
    if (!violation.empty()) t += ": " + violation + "\n" + trace;
    return t;
}

result explore(scenario_factory const& make, bounds const& within, std::vector<mutation> const& bugs) {
    return engine(make, within, bugs).explore();
}

void require(bool holds, char const* what) {
    if (!holds) engine::current()->require_failed(what);
}

std::size_t choose(std::size_t n) { return engine::current()->choose(n); }

std::size_t this_thread() noexcept {
    engine* e = acting();
    return e == nullptr ? SIZE_MAX : e->thread_number();
}

std::uint64_t this_execution() noexcept { return engine::current()->execution(); }

model_fiber* this_fiber() noexcept { return engine::current()->fiber(); }

// ---------------------------------------------------------------- atomics

cell::cell(std::uint64_t value) noexcept
    : value_(value), key_(engine::current() == nullptr ? 0 : engine::current()->new_key()) {}

std::size_t cell::locate(engine& e) const {
    if (execution_ != e.execution()) {
        location_ = e.new_location(value_, key_);
        execution_ = e.execution();
    }
    return location_;
}

std::uint64_t cell::load(std::memory_order order, site where) const {
    engine* e = acting();
    if (e == nullptr) return value_;
    std::size_t const at = locate(*e);
    e->point(at, false);
    if (mutation const* bug = e->mutate(where, operation::load, order);
        bug != nullptr && bug->instead == mutation::effect::blind)
        return bug->sees;
    timestamp const when = e->choose_value(at, order);
    e->mem.load(e->views(), at, when, order);
    e->looked_at(at, when);
    e->remember(when);
    std::uint64_t const value = e->mem.value(at, when);
    if (e->tracing())
        e->note(where, told("load", key_, order, " -> " + shown(value) + (when == e->mem.latest(at) ? "" : ", stale")));
    return value;
}

void cell::store(std::uint64_t value, std::memory_order order, site where) {
    engine* e = acting();
    if (e == nullptr) {
        value_ = value;
        return;
    }
    std::size_t const at = locate(*e);
    e->point(at, true);
    if (is_missing(e->mutate(where, operation::store, order))) return;
    value_ = value;
    e->mem.store(e->views(), at, value, order);
    e->remember(e->mem.latest(at));
    if (e->tracing()) e->note(where, told("store", key_, order, " <- " + shown(value)));
}

std::uint64_t cell::modify(successor next, std::uint64_t argument, std::memory_order order, site where) {
    std::uint64_t const before = value_;
    engine* e = acting();
    if (e == nullptr) {
        value_ = next(value_, argument);
        return before;
    }
    return modify_in(*e, next, argument, order, where);
}

std::uint64_t cell::modify_in(engine& e, successor next, std::uint64_t argument, std::memory_order order, site where) {
    std::size_t const at = locate(e);
    e.point(at, true);
    e.mutate(where, operation::modify, order);
    std::uint64_t const before = value_;
    value_ = next(before, argument);
    e.mem.exchange(e.views(), at, value_, order);
    e.looked_at(at, e.mem.latest(at));
    e.remember(e.mem.latest(at));
    if (e.tracing()) e.note(where, told("modify", key_, order, ' ' + shown(before) + " -> " + shown(value_)));
    return before;
}

bool cell::compare_exchange(std::uint64_t& expected, std::uint64_t desired, std::memory_order success,
                            std::memory_order failure, site where) {
    engine* e = acting();
    if (e == nullptr) {
        bool const equal = value_ == expected;
        (equal ? value_ : expected) = equal ? desired : value_;
        return equal;
    }
    std::size_t const at = locate(*e);
    e->point(at, true);
    e->mutate(where, operation::compare, success);
    timestamp const when = e->choose_compared(at, expected);
    std::uint64_t const seen = e->mem.value(at, when);
    bool const equal = seen == expected;
    if (equal) {
        value_ = desired;
        e->mem.exchange(e->views(), at, desired, success);
    } else {
        expected = seen;
        e->mem.load(e->views(), at, when, failure);
    }
    timestamp const met = equal ? e->mem.latest(at) : when;
    e->looked_at(at, met);
    e->remember(met * 2u + equal);
    if (e->tracing())
        e->note(where, told("compare", key_, equal ? success : failure,
                            equal ? ' ' + shown(seen) + " -> " + shown(desired) : " fails at " + shown(seen)));
    return equal;
}

// ---------------------------------------------------------------- fences and pauses

void full_fence(site where) {
    engine* e = acting();
    auto order = std::memory_order_seq_cst;
    if (e == nullptr || is_missing(e->mutate(where, operation::full_fence, order))) return;
    e->point();
    e->full_fence();
    e->note(where, "full fence");
}

void heavy_fence(site where) {
    engine* e = acting();
    auto order = std::memory_order_seq_cst;
    if (e == nullptr || is_missing(e->mutate(where, operation::heavy_fence, order))) return;
    e->point();
    e->full_fence();
    e->note(where, "heavy fence begins");
    e->fence_others(where);
    e->point();
    e->full_fence();
    e->note(where, "heavy fence ends");
}

// The kernel compares and falls asleep at one instant, and neither side overtakes its own accesses on the way there.
void futex_wait(cell const& at, std::uint32_t expected, site where) {
    engine* e = acting();
    if (e == nullptr) return;
    e->point();
    e->full_fence();
    bool const sleeps = static_cast<std::uint32_t>(at.value_) == expected;
    e->note(where, sleeps ? "falls asleep" : "need not sleep");
    if (sleeps) e->sleep_on(at, where);
}

void futex_wake(cell const& at, site where) {
    engine* e = acting();
    if (e == nullptr) return;
    e->point();
    e->full_fence();
    e->wake_on(at, where);
}

void relax(site where) {
    if (engine* e = acting(); e != nullptr) e->await_change(where);
}

// ---------------------------------------------------------------- parks, and plain data

void gate::open(site where) {
    engine& e = *engine::current();
    require(!open_, "somebody was made runnable twice");
    open_ = true;
    ++opened_;
    carried_ = e.views().current;
    e.remember(opened_);
    e.note(where, "makes somebody runnable");
}

void gate::pass(site where) { engine::current()->await(*this, false, where); }
void gate::rest(site where) { engine::current()->await(*this, true, where); }

ownership::ownership() : key_(engine::current()->new_key()) {}

void ownership::touch(char const* what) {
    engine* e = acting();
    if (e == nullptr) return;
    if (execution_ != e->execution()) {
        location_ = e->new_location(0, key_);
        execution_ = e->execution();
    }
    require(e->views().current.of(location_) == e->mem.latest(location_), what);
    e->mem.store(e->views(), location_, 0, std::memory_order_relaxed);
    e->remember(e->mem.latest(location_));
}

}  // namespace weft_model
