// How a test meets the runtime: with 1, 2 and 8 workers, watched, and with a look at what is left afterwards.
//
//     TEST_CASE("a value arrives", "[channel][C1]") {
//         weft_test::in_fibers([] { ... CHECK(...); ... });
//     }
//
// The body given to `in_fibers` is the main fiber and the only place that asserts: Catch2 takes one thread at a time. Other
// fibers report through channels or through plain values that are read after a join.
#pragma once

#include <cstddef>
#include <string>
#include <weft/detail/diagnostics.hpp>
#include <weft/runtime.hpp>
#include <weft/this_fiber.hpp>

#include "support/build.hpp"
#include "support/catch.hpp"
#include "support/counted.hpp"
#include "support/residue.hpp"
#include "support/watchdog.hpp"

namespace weft_test {

/// The worker counts that every case runs with.
inline constexpr unsigned worker_counts[] = {1, 2, 8};

/// The time a case may take, and what it may leave behind: nothing.
class supervised {
public:
    supervised(std::string const& what, std::chrono::seconds limit = watchdog::default_limit);
    void check_nothing_left() const;

private:
    static std::string running_test(std::string const& what);

    watchdog watchdog_;
    residue
        before_;  // counted with the watchdog's thread, and with whatever a sanitizer starts beside the first thread
};

/// Calls `body(options)` for 1, 2 and 8 workers.
template <class Body>
void with_workers(Body const& body) {
    for (unsigned const workers : worker_counts) {
        INFO("workers: " << workers);
        supervised guard(std::to_string(workers) + " workers");
        weft::runtime_options options;
        options.workers = workers;
        body(options);
        guard.check_nothing_left();
    }
}

/// Runs `body()` as the main fiber of a runtime with 1, 2 and 8 workers.
template <class Body>
void in_fibers(Body const& body) {
    with_workers([&](weft::runtime_options options) { weft::run(body, options); });
}

/// Yields until `condition()`; the fixture's watchdog bounds the wait.
template <class Condition>
void yield_until(Condition const& condition) {
    while (!condition()) weft::this_fiber::yield();
}

/// Yields until at least `count` fibers of the process are parked: asleep in a channel, a join, a timer, a lock.
inline void until_parked(std::size_t count) {
    yield_until([count] { return weft::detail::parked_fibers() >= count; });
}

/// Lets everybody who could run do so: used before asserting that somebody did *not* move, which a correct runtime passes always
/// and a wrong one fails nearly always.
inline void let_others_run() {
    for (int turn = 0; turn != 200; ++turn) weft::this_fiber::yield();
}

}  // namespace weft_test
