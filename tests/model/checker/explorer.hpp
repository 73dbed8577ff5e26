#pragma once
// Runs a small concurrent program in every way its threads can interleave and its loads can see memory, within bounds.
//
// The threads of a scenario are stacks on one OS thread. They are production code: each operation on an atomic, and each fence,
// comes here, where it is decided who goes on and what a load returns. The decisions of one execution are a path; the next
// execution takes the same path but for its last decision that has an alternative left, until there is none.
//
// Bounds: a *preemption* is a switch away from a thread that could have gone on; a *stale read* a load that does not return
//         the latest value. An execution may have so many of each. A thread that must wait costs nothing.
// Less to do, and nothing lost:
//         Executions that reach a point with the same history per thread (which value it read, where in the modification
//         order it wrote) go on alike: only the first does. (Two histories are taken for the same if their 64-bit hashes are.)
//         An atomic that only one thread uses, or nobody writes, needs no decision. Which these are is learnt: when one turns
//         out to be shared all begins anew.
// Not modelled: a store that enters the modification order before an older one, a load that reads from a store which depends
//         on it, and the spurious failure of a weak compare-and-swap.

#include "memory.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weft_model {

class engine;
class model_fiber;

/// Where in the code an operation stands: its caller's place, as a default argument.
struct site {
    char const* file;
    int line;
    char const* function;

    static constexpr site here(char const* file = __builtin_FILE(), int line = __builtin_LINE(),
                               char const* function = __builtin_FUNCTION()) noexcept {
        return {file, line, function};
    }
};

enum class operation { load, store, modify, compare, full_fence, heavy_fence };

/// A planted bug: operations of this kind and order, in functions of this name, are weaker, or missing.
struct mutation {
    char const* function;
    operation kind;
    std::memory_order order;
    enum class effect : std::uint8_t { relaxed, missing, blind } instead = effect::missing;
    std::uint64_t sees = 0;  // what a blind load returns

    static mutation weaken(char const* function, operation kind, std::memory_order order) noexcept {
        return {function, kind, order, effect::relaxed};
    }
    /// A fence or a store.
    static mutation drop(char const* function, operation kind,
                         std::memory_order order = std::memory_order_seq_cst) noexcept {
        return {function, kind, order, effect::missing};
    }
    /// A load that does not look.
    static mutation blind(char const* function, std::memory_order order, std::uint64_t sees) noexcept {
        return {function, operation::load, order, effect::blind, sees};
    }
};

struct bounds {
    unsigned preemptions = 2;
    unsigned stale_reads = 2;
    std::uint64_t executions = 2'000'000;  // more than these: given up, and the result is not complete
};

/// A small program: what its constructor builds, `threads()` threads use.
class scenario {
public:
    scenario() = default;
    scenario(scenario const&) = delete;
    virtual ~scenario() = default;

    virtual std::size_t threads() const = 0;
    virtual void run(std::size_t thread) = 0;
    /// After all threads have ended, or rest.
    virtual void finish() {}
    /// So many threads, the first ones, run before exploration begins until they have ended or rest: their schedule is fixed.
    virtual std::size_t settled() const { return 0; }
    /// The fiber that a thread stands for, if scenarios with fibers are asked; see model_fiber.hpp.
    virtual model_fiber* fiber_of(std::size_t) { return nullptr; }
};

struct result {
    bool complete = false;  // every execution within the bounds was looked at
    std::string violation;  // of the first that went wrong; empty: none did
    std::string trace;      // what happened until then
    std::uint64_t executions = 0;
    std::uint64_t states = 0;  // points with a choice of threads, no two of the same history

    bool holds() const noexcept { return complete && violation.empty(); }
    std::string text() const;
};

using scenario_factory = std::function<std::unique_ptr<scenario>()>;

result explore(scenario_factory const& make, bounds const& within, std::vector<mutation> const& bugs = {});

template <class Scenario>
result explore(bounds const& within = {}, std::vector<mutation> const& bugs = {}) {
    return explore([] { return std::make_unique<Scenario>(); }, within, bugs);
}

// ---- for scenarios

/// A violation unless `holds`.
void require(bool holds, char const* what);
/// Any number below `n`: every one is tried.
std::size_t choose(std::size_t n);
/// The calling thread's number. None, outside the threads of a scenario: SIZE_MAX.
std::size_t this_thread() noexcept;
/// A number for each execution.
std::uint64_t this_execution() noexcept;
/// The fiber that the calling thread stands for, or null.
model_fiber* this_fiber() noexcept;

/// A thread waits here until another opens it: what a park and a run queue are to a fiber.
class gate {
public:
    /// To open it twice before somebody came through is a violation.
    void open(site where = site::here());
    void pass(site where = site::here());
    /// The same, but if nobody ever opens it that is no violation: the scenario may end here.
    void rest(site where = site::here());

private:
    friend class engine;
    bool open_ = false;
    timestamp opened_ = 0;
    view carried_;
};

/// Data that threads hand on to each other: every access must happen after the one before.
class ownership {
public:
    ownership();
    void touch(char const* what);

private:
    std::uint64_t const key_;
    std::size_t location_ = 0;
    std::uint64_t execution_ = 0;
};

template <class T>
class handed_over {
public:
    explicit handed_over(T value = {}) : value_(value) {}
    T get() {
        owner_.touch("data was read that was not handed over");
        return value_;
    }
    void set(T value) {
        owner_.touch("data was overwritten that was not handed over");
        value_ = value;
    }

private:
    ownership owner_;
    T value_;
};

// ---- for the stand-ins of atomics and fences

class cell;
/// Sleeps if the low half of the value is `expected`, until `futex_wake`: as `gate::rest`, perhaps for ever.
void futex_wait(cell const& at, std::uint32_t expected, site where);

/// One atomic object, whatever its type.
class cell {
public:
    explicit cell(std::uint64_t value) noexcept;
    cell(cell const&) = delete;

    std::uint64_t load(std::memory_order order, site where) const;
    void store(std::uint64_t value, std::memory_order order, site where);
    /// Replaces the value by `next(value, argument)` and returns what it was.
    using successor = std::uint64_t (*)(std::uint64_t value, std::uint64_t argument);
    std::uint64_t modify(successor next, std::uint64_t argument, std::memory_order order, site where);
    bool compare_exchange(std::uint64_t& expected, std::uint64_t desired, std::memory_order success,
                          std::memory_order failure, site where);

private:
    friend void futex_wait(cell const& at, std::uint32_t expected, site where);
    std::size_t locate(engine& e) const;
    std::uint64_t modify_in(engine& e, successor next, std::uint64_t argument, std::memory_order order, site where);

    std::uint64_t value_;  // the latest
    std::uint64_t const key_;
    mutable std::uint64_t execution_ = 0;  // for which location_ is valid
    mutable std::size_t location_ = 0;
};

void full_fence(site where);
void heavy_fence(site where);
/// Wakes one thread that sleeps there.
void futex_wake(cell const& at, site where);
/// Waits until what the thread looked at last has changed.
void relax(site where);

}  // namespace weft_model
