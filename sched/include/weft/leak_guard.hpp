#pragma once
#include <weft/clock.hpp>
#include <weft/fiber.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace weft {

/// Fibers were started and have not ended. `what()` has a line for each: name, what it waits for, where it was started.
class fibers_leaked : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Finds fibers that outlive the code which started them: for tests of programs that use weft.
///
///     weft::leak_guard guard;
///     {
///         server s;
///         s.handle_one_request();
///     }
///     guard.check();   // throws fibers_leaked, and names them, unless everything the server started has ended
///
/// It knows the fibers that were alive when it was made, in all runtimes of the process, and counts none of them, nor the one that
/// asks. Who forgets to ask is asked by the destructor.
///
/// Thread safety: one fiber or thread at a time.
/// Source: https://github.com/uber-go/goleak
class leak_guard {
public:
    /// How long fibers that are about to end are waited for.
    static constexpr std::chrono::milliseconds default_grace{1000};

    /// Errors: `std::bad_alloc`.
    leak_guard();
    /// Unless `check` or `leaks` was called, or an exception is in flight, prints what they would have said and ends the process
    /// if there is a leak.
    ~leak_guard();
    leak_guard(leak_guard const&) = delete;
    leak_guard& operator=(leak_guard const&) = delete;

    /// Throws if a fiber that was started since is still alive when `grace` is over.
    /// Blocks: while there are any, at most for `grace`.
    /// Errors: `fibers_leaked`; `cancelled`.
    template <class Rep, class Period>
    void check(std::chrono::duration<Rep, Period> grace) {
        throw_if_any(leaks(grace));
    }
    /// The same with `default_grace`.
    void check() { check(default_grace); }

    /// A line for each fiber that was started since and is still alive when `grace` is over; empty if there is none.
    /// Blocks: while there are any, at most for `grace`.
    /// Errors: `cancelled`.
    template <class Rep, class Period>
    std::string leaks(std::chrono::duration<Rep, Period> grace) {
        return leaks_until(detail::deadline_after(grace));
    }
    /// The same with `default_grace`.
    std::string leaks() { return leaks(default_grace); }

private:
    std::string leaks_until(clock::time_point deadline);
    std::string leaks_now() const;
    static void throw_if_any(std::string const& leaks);

    std::vector<fiber_id> known_;  // sorted
    bool asked_ = false;
};

}  // namespace weft
