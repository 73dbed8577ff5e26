// Options: presets, what the environment overrides, and the limits that are checked.
#include "options.hpp"

#include <weft/detail/stack_pool.hpp>
#include <weft/stuck.hpp>

#include <sched.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace weft {

runtime_options runtime_options::balanced() { return {}; }

runtime_options runtime_options::throughput() {
    runtime_options o;
    o.stack_bytes = 1024 * 1024;
    o.blocking_threads = 64;
    return o;
}

runtime_options runtime_options::low_latency() {
    runtime_options o;
    o.workers = detail::usable_cpus(detail::quota::ignored);
    return o;
}

runtime_options runtime_options::io_heavy() {
    runtime_options o;
    o.stack_bytes = 64 * 1024;
    o.blocking_threads = 1024;
    return o;
}

runtime_options runtime_options::small_memory() {
    runtime_options o;
    o.stack_bytes = 32 * 1024;
    o.blocking_threads = 16;
    return o;
}

namespace detail {

namespace {

constexpr unsigned most_workers = 1024;
constexpr unsigned most_blocking_threads = 1u << 16;
constexpr unsigned most_spare_workers = 4096;
constexpr std::chrono::microseconds longest_idle_spin = std::chrono::seconds(1);
using stuck_hook = void (*)(stuck_report const&);

[[noreturn]] void reject(char const* variable, std::string_view text, std::string_view expected) {
    throw std::invalid_argument("weft: " + std::string(variable) + "=" + std::string(text) +
                                " in the environment; expected " + std::string(expected));
}

template <class Number>
void override_number(char const* variable, Number& option) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment while runtimes are made
    char const* text = std::getenv(variable);
    if (text == nullptr) return;
    std::string_view const whole(text);
    auto const [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), option);
    if (error != std::errc() || end != whole.data() + whole.size()) reject(variable, whole, "a whole number");
}

template <class Choice>
struct named {
    std::string_view name;
    Choice value;
};

template <class Choice, std::size_t N>
void override_choice(char const* variable, Choice& option, named<Choice> const (&choices)[N]) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): as above
    char const* text = std::getenv(variable);
    if (text == nullptr) return;
    std::string expected;
    for (auto const& choice : choices) {
        if (choice.name == text) {
            option = choice.value;
            return;
        }
        if (!expected.empty()) expected += ", ";
        expected += choice.name;
    }
    reject(variable, text, "one of " + expected);
}

// Linux, cgroup v2: "max 100000" or "200000 100000", microseconds of CPU per period.
unsigned cgroup_quota() {
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    std::string granted;
    double period = 0;
    if (!(file >> granted >> period) || granted == "max" || period <= 0) return most_workers;
    return static_cast<unsigned>(
        std::clamp(std::strtod(granted.c_str(), nullptr) / period + 0.5, 1.0, double{most_workers}));
}

}  // namespace

unsigned usable_cpus(quota q) {
    unsigned cpus = std::max(1u, std::thread::hardware_concurrency());
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) cpus = static_cast<unsigned>(CPU_COUNT(&allowed));
    if (q == quota::respected) cpus = std::min(cpus, cgroup_quota());
    return std::clamp(cpus, 1u, most_workers);
}

runtime_options resolve(runtime_options o) {
    std::int64_t grace = o.shutdown_grace.count();
    std::int64_t spin = o.idle_spin.count();
    override_number("WEFT_WORKERS", o.workers);
    override_number("WEFT_STACK_BYTES", o.stack_bytes);
    override_number("WEFT_MAX_FIBERS", o.max_fibers);
    override_number("WEFT_BLOCKING_THREADS", o.blocking_threads);
    override_number("WEFT_SHUTDOWN_GRACE", grace);
    override_number("WEFT_IDLE_SPIN", spin);
    override_number("WEFT_SEED", o.seed);
    override_number("WEFT_SPARE_WORKERS", o.spare_workers);
    override_choice<poller_kind>(
        "WEFT_POLLER", o.poller,
        {{"automatic", poller_kind::automatic}, {"epoll", poller_kind::epoll}, {"io_uring", poller_kind::io_uring}});
    override_choice<straggler_action>("WEFT_STRAGGLERS", o.stragglers,
                                      {{"abort", straggler_action::abort}, {"leak", straggler_action::leak}});
    override_choice<deadlock_action>(
        "WEFT_ON_DEADLOCK", o.on_deadlock,
        {{"exit", deadlock_action::exit}, {"warn", deadlock_action::warn}, {"ignore", deadlock_action::ignore}});
    override_choice<stuck_hook>("WEFT_ON_STUCK", o.on_stuck, {{"ignore", nullptr}, {"print", &print_stuck}});
    override_choice<sigquit_action>(
        "WEFT_ON_SIGQUIT", o.on_sigquit,
        {{"print", sigquit_action::print}, {"quit", sigquit_action::quit}, {"ignore", sigquit_action::ignore}});
    o.shutdown_grace = std::chrono::milliseconds(grace);
    o.idle_spin = std::chrono::microseconds(spin);

    if (o.workers > most_workers)
        throw std::invalid_argument("weft: runtime_options::workers is " + std::to_string(o.workers) +
                                    "; the most is " + std::to_string(most_workers));
    if (o.blocking_threads > most_blocking_threads)
        throw std::invalid_argument("weft: runtime_options::blocking_threads is " + std::to_string(o.blocking_threads) +
                                    "; the most is " + std::to_string(most_blocking_threads));
    if (o.spare_workers > most_spare_workers)
        throw std::invalid_argument("weft: runtime_options::spare_workers is " + std::to_string(o.spare_workers) +
                                    "; the most is " + std::to_string(most_spare_workers));
    if (o.shutdown_grace.count() < 0) throw std::invalid_argument("weft: runtime_options::shutdown_grace is negative");
    if (o.idle_spin.count() < 0 || o.idle_spin > longest_idle_spin)
        throw std::invalid_argument("weft: runtime_options::idle_spin is " + std::to_string(o.idle_spin.count()) +
                                    " us; it must be from 0 to " + std::to_string(longest_idle_spin.count()));
    (void)stack_class_for(o.stack_bytes);
    if (o.workers == 0) o.workers = usable_cpus(quota::respected);
    return o;
}

}  // namespace detail

}  // namespace weft
