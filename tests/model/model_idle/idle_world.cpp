#include "idle_world.hpp"

#include <weft/detail/budget.hpp>
#include <weft/detail/fatal.hpp>
#include <weft/detail/join_source.hpp>
#include <weft/detail/overflow_report.hpp>
#include <weft/error.hpp>

#include <exception>
#include <string_view>
#include <utility>

#include "blocking_pool.hpp"
#include "expiry.hpp"
#include "forever_pool.hpp"
#include "forked.hpp"
#include "futex.hpp"
#include "monitor.hpp"
#include "registry.hpp"

namespace weft_model {

using weft::detail::continuation;
using weft::detail::worker;

namespace {

constexpr std::size_t stack_bytes = std::size_t{64} * 1024;

// What outlives an execution is built before the first, and the queues that workers have given back go with each: all executions
// of a scenario must be the same.
auto& timer_queues = weft::detail::forever_pool<weft::detail::timer_queue>::instance();

weft::runtime_options options_of(unsigned workers, unsigned spares) {
    weft::runtime_options o;
    o.workers = workers;
    o.spare_workers = spares;
    o.seed = 1;
    return o;
}

}  // namespace

void task::prepare(std::size_t number, weft::detail::runtime_core& on, std::function<void()> what) {
    static std::unique_ptr<std::byte[]> stacks[idle_world::most_tasks];
    if (stacks[number] == nullptr) stacks[number] = std::make_unique_for_overwrite<std::byte[]>(stack_bytes);
    std::byte* const low = stacks[number].get();
    stack_pointer = weft::detail::prepare_stack(low + stack_bytes, low, &main);
    runtime = &on;
    body_ = std::move(what);
    references.store(1, std::memory_order_relaxed);
    join_state.store(detached, std::memory_order_relaxed);
}

void task::keep() noexcept {
    static constexpr weft::detail::fiber_operations nothing{[](void*) {}, [](void*) noexcept {}, [](void*) noexcept {}};
    operations = &nothing;
    references.store(2, std::memory_order_relaxed);
    join_state.store(running, std::memory_order_relaxed);
}

void task::take_stack() {
    require(!std::exchange(recycled_, true), "a stack went back twice");
    stack_.touch("a stack went back on which somebody stands");
}

continuation task::main(void* payload) noexcept {
    auto& self = static_cast<task&>(*worker::arrive(payload).running());
    require(!self.started_, "a fiber ran twice");
    self.started_ = true;
    self.body_();
    weft::detail::announced_end const end = weft::detail::announce_end(self);
    self.stack_.touch("a fiber ended on a stack that was not its own");
    return worker::finish(*weft::detail::current_worker(), self, end.joiner);
}

idle_world::idle_world(unsigned workers, unsigned spares, std::size_t others)
    : slots_(workers + spares), others_(others) {
    current_ = this;
    core_ = new weft::detail::runtime_core(options_of(workers, spares));
}

idle_world::~idle_world() {
    weft::detail::runtime_core::destroy(core_);
    for (std::size_t i = 0; i != slots_; ++i) delete timer_queues.take();
    current_ = nullptr;
}

void idle_world::run(std::size_t thread) {
    if (thread >= slots_) return other(thread - slots_);
    if (bodies_[thread] == nullptr) begins_[thread].rest();
    bodies_[thread]();
}

void idle_world::start(std::function<void()> body) {
    std::size_t const slot = started_++;
    bodies_[slot] = std::move(body);
    if (this_thread() != SIZE_MAX) begins_[slot].open();
}

void start_thread(std::function<void()> body) { idle_world::current()->start(std::move(body)); }

task& idle_world::make(std::function<void()> body) {
    task& fresh = tasks_[made_];
    fresh.prepare(made_++, *core_, std::move(body));
    return fresh;
}

task& idle_world::make_joinable(std::function<void()> body) {
    task& fresh = make(std::move(body));
    fresh.keep();
    return fresh;
}

void idle_world::inject(task& fresh) {
    weft::detail::ready_list one;
    one.push(fresh);
    core_->inject_all(one);
}

void idle_world::inject(std::function<void()> body) { inject(make(std::move(body))); }

void idle_world::make_ready(std::function<void()> body) {
    weft::detail::current_worker()->ready(make(std::move(body)));
}

void idle_world::finish() {
    bool const work = core_->anything_to_do();
    for (auto const& w : core_->workers()) {
        if (!core_->is_idle(*w)) continue;
        require(!w->has_work(), "a worker sleeps, and has work of its own");
        require(!work || w->retired.load(), "a worker sleeps beside work that it could do");
        require(w->seen_as.load() == weft::detail::presence::here, "a worker sleeps, and is taken for a stuck one");
    }
}

}  // namespace weft_model

// ---------------------------------------------------------------- what the workers need of the rest

namespace weft::detail {

namespace {

monitor_bell nobodys_bell;
runtime_registry registry;
}  // namespace

runtime_registry& runtime_registry::instance() noexcept { return registry; }

void futex_wait(std::uint32_t const* word, std::uint32_t expected, clock::time_point) noexcept {
    weft_model::futex_wait(*reinterpret_cast<weft_model::cell const*>(word), expected, weft_model::site::here());
}
void futex_wake(std::uint32_t const* word) noexcept {
    weft_model::futex_wake(*reinterpret_cast<weft_model::cell const*>(word), weft_model::site::here());
}

monitor::monitor(runtime_core& rt) : runtime_(rt), bell_(nobodys_bell) {}
monitor::~monitor() = default;
void monitor::start() {}
void monitor::stop() noexcept {}
void monitor::notice_activity() noexcept {}

blocking_pool::~blocking_pool() = default;
std::size_t blocking_pool::threads() const noexcept { return 0; }

clock::duration runtime_core::deadlock_patience() const noexcept { return clock::duration::max(); }
void runtime_core::examine_deadlock() noexcept {}
void runtime_core::stop_fibers() noexcept {}
bool runtime_core::close_timers() noexcept { return true; }
void runtime_core::fiber_ended() noexcept {}
std::size_t runtime_core::live() const noexcept { return 1; }

void fiber_control::release(std::uint32_t count) noexcept {
    if (references.fetch_sub(count, std::memory_order_acq_rel) == count)
        static_cast<weft_model::task&>(*this).take_stack();
}
bool fiber_control::abandoned() const noexcept { return false; }
void detach_finished(fiber_control&) noexcept {}
void throw_cancelled() { throw cancelled{}; }
std::uint64_t reserve_fiber_ids(std::uint64_t) noexcept { return 1; }

std::atomic<bool> forked_beside_runtimes{false};
void watch_for_forks() {}
void die_after_fork() noexcept { std::terminate(); }
void install_quit_signal(sigquit_action) noexcept {}
void expiry::fire() noexcept {}
void local_list::clear() noexcept {}

void install_overflow_report(overflow_describer) {}
void write_text(int, std::string_view) noexcept {}
void write_number(int, std::uint64_t) noexcept {}
signal_stack::signal_stack() = default;
signal_stack::~signal_stack() {}  // it has none

void fatal(char const* what, void const*) noexcept {
    weft_model::require(false, what);
    std::terminate();
}
void fatal_in(fiber_control const&, char const* what) noexcept { fatal(what); }

}  // namespace weft::detail

void weft::context::drop() noexcept {}
weft::cancelled::~cancelled() = default;
