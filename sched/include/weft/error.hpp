#pragma once
#include <stdexcept>

namespace weft {

/// A send on a closed channel, or a second `close`: a bug in the program, as in Go.
class closed_channel : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// There is no runtime to do this: a fiber was started outside one, or joined after its runtime abandoned it.
class runtime_stopped : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Unwinds a fiber that was asked to stop. Thrown by a call that is about to park, and by
/// `this_fiber::check_cancelled`.
///
/// Not a `std::exception`, so that `catch (std::exception&)` does not swallow it. Code that catches `...` rethrows.
/// A fiber that it escapes from ends normally.
class cancelled {
public:
    cancelled() = default;
    /// Thrown objects are copied.
    cancelled(cancelled const&) = default;
    /// Thrown objects are copied.
    cancelled& operator=(cancelled const&) = default;
    virtual ~cancelled();
};

/// The cancellation was a deadline that passed.
class deadline_exceeded : public cancelled {};

}  // namespace weft
