#pragma once
#include <cstdint>

namespace weft::detail {

class runtime_core;

/// What a worker does at a time, instead of waking a sleeper. Must live until `fire` or `abandon` is called for each time it was
/// armed and not stopped; `serial` is what it was armed with.
///
/// Both run on threads that schedule: they must not wait, and must be short.
class timed_action {
public:
    /// The time has come. On a worker of the runtime it was armed in.
    virtual void fire(std::uint64_t serial) noexcept = 0;
    /// The runtime ends before. On return nothing of it is touched any more.
    virtual void abandon(std::uint64_t serial) noexcept = 0;

protected:
    ~timed_action() = default;
};

/// The runtime of the worker that fires an action, or that runs the calling fiber.
runtime_core& runtime_of_this_worker() noexcept;

}  // namespace weft::detail
