#include "engine.hpp"

#include <weft/detail/switch_stack.hpp>

#include <algorithm>
#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

namespace weft_model {

namespace {

constexpr std::size_t most_threads = 32;

}  // namespace

// ---------------------------------------------------------------- the search

result engine::explore() {
    result all;
    current_ = this;
    do {
        // A pass. What is known to be shared must not change while paths are replayed.
        for (auto& [key, s] : sharing_) s.counts = s.is_shared();
        sharing_grew_ = false;
        path_.clear();
        known_.clear();
        all = result{};
    } while (!explore_once(all));
    current_ = nullptr;
    return all;
}

// False: another atomic turned out to be shared.
bool engine::explore_once(result& into) {
    do {
        if (into.executions == within_.executions) return true;
        ++into.executions;
        outcome const how = execute();
        if (how == outcome::violated) {
            into.violation = violation_;
            tracing_ = true;
            trace_.clear();
            execute();
            tracing_ = false;
            into.trace = trace_;
            return true;
        }
        if (sharing_grew_) return false;
    } while (path_.advance());
    into.complete = true;
    into.states = known_.size();
    return true;
}

engine::outcome engine::execute() {
    path_.rewind();
    mem.reset();
    shared_at_.clear();
    ++executions_begun_;
    preempted_ = stale_ = 0;
    last_state_ = 0;
    std::fill(std::begin(keys_), std::end(keys_), 0);
    violation_.clear();
    how_ = outcome::ended;
    program_ = make_();
    prepare_threads();

    weft::detail::exception_state* const exceptions = weft::detail::this_thread_exception_state();
    explorer_exceptions_ = *exceptions;
    settling_ = program_->settled();
    running_ = &threads_[settling_ != 0 ? 0 : path_.decide(thread_count_)];
    *exceptions = running_->exceptions;
    weft::detail::switch_stack(&explorer_stack_, running_->stack_pointer, this);
    // Some thread came back for all.
    running_ = nullptr;
    *exceptions = explorer_exceptions_;
    if (how_ == outcome::ended) program_->finish();
    if (!violation_.empty()) how_ = outcome::violated;
    program_.reset();
    return how_;
}

void engine::prepare_threads() {
    thread_count_ = program_->threads();
    if (thread_count_ == 0 || thread_count_ > most_threads) std::terminate();
    if (threads_.size() < thread_count_) threads_.resize(thread_count_);
    for (std::size_t i = 0; i != thread_count_; ++i) {
        std::unique_ptr<std::byte[]> stack = std::move(threads_[i].stack);
        if (stack == nullptr) stack = std::make_unique_for_overwrite<std::byte[]>(stack_bytes);
        threads_[i] = thread{};
        threads_[i].number = i;
        threads_[i].stack_pointer =
            weft::detail::prepare_stack(stack.get() + stack_bytes, stack.get(), &engine::thread_main);
        threads_[i].stack = std::move(stack);
    }
}

weft::detail::continuation engine::thread_main(void* self) noexcept {
    auto& here = *static_cast<engine*>(self);
    try {
        here.program_->run(here.running_->number);
    } catch (...) {
        here.violate("an exception left a thread");
    }
    here.running_->ended = true;
    here.remember(0);
    here.wait_until_runnable();
    std::terminate();  // an ended thread never runs again
}

// ---------------------------------------------------------------- who goes on

bool engine::can_run(thread const& t) const noexcept {
    if (t.ended) return false;
    if (t.at_gate != nullptr) return t.at_gate->open_;
    if (t.asleep_on != nullptr) return false;
    return !t.awaits_change || mem.latest(t.looked_at) > t.looked_at_time;
}

void engine::go_on_with(thread* next) noexcept {
    if (next == running_) return;
    thread& before = *std::exchange(running_, next);
    weft::detail::exception_state* const exceptions = weft::detail::this_thread_exception_state();
    before.exceptions = std::exchange(*exceptions, next->exceptions);
    weft::detail::switch_stack(&before.stack_pointer, next->stack_pointer, this);
}

// The execution is over, or not worth going on with. Whatever is on the threads' stacks is forgotten, not unwound.
void engine::give_up(outcome how) noexcept {
    how_ = how;
    void* nowhere = nullptr;
    weft::detail::switch_stack(&nowhere, explorer_stack_, nullptr);
    std::terminate();
}

void engine::look_for_known_state() {
    if (tracing_ || settling_ != 0 || !path_.is_new()) return;
    std::uint64_t state = mixed(running_->number, preempted_ * 64u + stale_);
    for (std::size_t i = 0; i != thread_count_; ++i) state = mixed(state, threads_[i].history);
    // Or this execution would be given up for having come from here itself.
    if (state == std::exchange(last_state_, state)) violate("the checker: a step that left no history");
    if (!known_.insert(state).second) give_up(outcome::known);
}

void engine::point() {
    look_for_known_state();
    if (settling_ != 0 || preempted_ == within_.preemptions) return;
    thread* next[most_threads] = {running_};
    std::size_t n = 1;
    for (std::size_t i = 0; i != thread_count_; ++i)
        if (&threads_[i] != running_ && can_run(threads_[i])) next[n++] = &threads_[i];
    if (n == 1) return;
    std::size_t const chosen = path_.decide(n);
    if (chosen != 0) ++preempted_;
    go_on_with(next[chosen]);
}

void engine::point(std::size_t location, bool writes) {
    if (settling_ != 0) return;
    sharing& s = *shared_at_[location];
    if (!s.counts) {
        s.users |= 1u << running_->number;
        s.written = s.written || writes;
        if (s.is_shared()) sharing_grew_ = true;
        return;
    }
    point();
}

// The running thread has ended, or waits.
void engine::wait_until_runnable() {
    look_for_known_state();
    for (std::size_t i = 0; i != settling_; ++i)
        if (can_run(threads_[i])) return go_on_with(&threads_[i]);
    settling_ = 0;
    thread* next[most_threads];
    std::size_t n = 0;
    for (std::size_t i = 0; i != thread_count_; ++i)
        if (can_run(threads_[i])) next[n++] = &threads_[i];
    if (n == 0) nobody_can_run();
    go_on_with(next[n == 1 ? 0 : path_.decide(n)]);
}

void engine::nobody_can_run() {
    std::string const waiting = names_of_waiting();
    if (waiting.empty()) give_up(outcome::ended);
    violate("nobody can go on, and for ever " + waiting);
}

std::string engine::names_of_waiting() const {
    std::string names;
    for (std::size_t i = 0; i != thread_count_; ++i) {
        thread const& t = threads_[i];
        if (t.ended || t.may_stay) continue;
        if (!names.empty()) names += ", ";
        names += "thread " + std::to_string(i) + " waits in " + t.where.function;
    }
    return names;
}

std::size_t engine::choose(std::size_t n) {
    std::size_t const chosen = n == 1 ? 0 : path_.decide(n);
    remember(chosen);
    return chosen;
}

void engine::violate(std::string what) {
    violation_ = std::move(what);
    give_up(outcome::violated);
}

void engine::require_failed(char const* what) {
    if (running_ != nullptr) violate(what);
    if (violation_.empty()) violation_ = what;
}

void engine::note(site where, std::string what) {
    if (!tracing_ || settling_ != 0) return;
    std::string_view file = where.file;
    file.remove_prefix(file.find_last_of('/') + 1);
    std::string line = "    thread " + std::to_string(running_->number) + "  " + where.function + " (";
    line.append(file) += ':' + std::to_string(where.line) + ") ";
    trace_ += line + what + '\n';
}

// ---------------------------------------------------------------- what a thread does to memory

std::uint64_t engine::new_key() noexcept {
    std::size_t const builder = running_ == nullptr ? 0 : running_->number + 1;
    return builder << 32 | ++keys_[builder];
}

std::size_t engine::new_location(std::uint64_t value, std::uint64_t key) {
    if (mem.locations() == most_locations) violate("the scenario touches too many atomics");
    shared_at_.push_back(&sharing_[key]);
    return mem.add(value, key);
}

thread_views& engine::views() noexcept { return running_->views; }

timestamp engine::choose_value(std::size_t location, std::memory_order order) {
    timestamp const latest = mem.latest(location);
    timestamp const oldest = mem.oldest_visible(running_->views, location, order);
    if (oldest == latest || settling_ != 0 || stale_ == within_.stale_reads) return latest;
    std::size_t const back = path_.decide(latest - oldest + 1u);
    if (back != 0) ++stale_;
    return static_cast<timestamp>(latest - back);
}

timestamp engine::choose_compared(std::size_t location, std::uint64_t expected) {
    timestamp const latest = mem.latest(location);
    if (settling_ != 0 || stale_ == within_.stale_reads) return latest;
    timestamp fitting[64] = {latest};
    std::size_t n = 1;
    for (timestamp t = mem.oldest_visible(running_->views, location, std::memory_order_relaxed); t != latest; ++t)
        if (mem.value(location, t) != expected && n != std::size(fitting)) fitting[n++] = t;
    std::size_t const chosen = n == 1 ? 0 : path_.decide(n);
    if (chosen != 0) ++stale_;
    return fitting[chosen];
}

mutation const* engine::mutate(site where, operation kind, std::memory_order& order) noexcept {
    for (mutation const& bug : bugs_) {
        if (bug.kind != kind || bug.order != order || std::string_view(bug.function) != where.function) continue;
        if (bug.instead == mutation::effect::relaxed)
            order = std::memory_order_relaxed;
        else
            remember(bug.sees);  // what is left out is a step as well
        return &bug;
    }
    return nullptr;
}

void engine::looked_at(std::size_t location, timestamp when) noexcept {
    running_->looked_at = location;
    running_->looked_at_time = when;
    running_->has_looked = true;
}

void engine::remember(std::uint64_t what) noexcept { running_->history = mixed(running_->history, what); }

void engine::full_fence() {
    mem.fence(running_->views);
    remember(mem.hash(running_->views.current));
}

void engine::fence_others(site where) {
    for (std::size_t i = 0; i != thread_count_; ++i) {
        thread& other = threads_[i];
        if (&other == running_) continue;
        if (can_run(other)) point();  // one that sleeps or has ended has passed it, whenever that was
        mem.fence(other.views);
        other.history = mixed(other.history, mem.hash(other.views.current));
        if (tracing_) note(where, "heavy fence reaches thread " + std::to_string(i));
    }
}

void engine::await_change(site where) {
    thread& self = *running_;
    if (!self.has_looked) violate("a thread waits for a change, and has looked at nothing");
    self.awaits_change = true;
    self.where = where;
    if (!can_run(self)) wait_until_runnable();
    self.awaits_change = false;
    timestamp const now = mem.latest(self.looked_at);
    self.views.current.raise(self.looked_at, now);
    remember(now);
}

void engine::sleep_on(cell const& at, site where) {
    thread& self = *running_;
    self.asleep_on = &at;
    self.may_stay = true;
    self.where = where;
    wait_until_runnable();
    self.may_stay = false;
    remember(1);
    note(where, "wakes up");
}

void engine::wake_on(cell const& at, site where) {
    for (std::size_t i = 0; i != thread_count_; ++i) {
        if (threads_[i].asleep_on != &at) continue;
        threads_[i].asleep_on = nullptr;
        if (tracing_) note(where, "wakes thread " + std::to_string(i));
        return;
    }
}

void engine::await(gate& at, bool may_stay, site where) {
    thread& self = *running_;
    self.at_gate = &at;
    self.may_stay = may_stay;
    self.where = where;
    if (!at.open_) wait_until_runnable();
    self.at_gate = nullptr;
    self.may_stay = false;
    at.open_ = false;
    self.views.current.join(at.carried_, mem.locations());
    self.views.acquirable.join(self.views.current, mem.locations());
    remember(at.opened_);
    note(where, "goes on");
}

}  // namespace weft_model
