#pragma once
// One wait of the calling fiber or thread: what every blocking call in weft is made of.
//
//     wait w(reason, object);                begins; the token may now be handed out
//     link w.token() into the queues of whatever is waited for, under their locks
//     tag = w.park();                        sleeps until the first waker has delivered
//     unlink what the winner did not
//
// or, if all wakers come by one lock and there is no deadline,
//
//     wait w(reason, object, interruptible::yes, publication::late);
//     link w.token() under the lock
//     tag = w.park_then(unlock, &lock);      the lock is held until the sleeper has left its stack
//
// A waker needs no lock to win, only the token. A queue node that lies in the sleeper's frame is touched under
// its queue's lock, and after winning only until deliver.

#include <weft/clock.hpp>
#include <weft/detail/waiter.hpp>

#include <cstdint>

namespace weft::detail {

/// What the object of a wait tells a report.
enum class wait_clue : std::uint8_t {
    none,
    is_fiber,     // the object is the control block of the fiber that has to end
    has_holder,   // the field holds a `stack_position` of whoever has to let go, or 0
    has_handles,  // the field, a std::uint32_t, counts the handles by which the object can be reached
};

/// Shown in reports. `external`: somebody outside the fibers (the clock, the kernel, a helper thread) can end such a
/// wait, so it is never part of a deadlock.
struct wait_reason {
    char const* text;
    bool external = false;
    wait_clue tells = wait_clue::none;
    /// Where in the object the field lies; computes only, because the object may be gone.
    void const* (*field)(void const* object) noexcept = nullptr;
};

/// The waiter of the calling fiber, or of the calling thread if it runs none.
waiter& current_waiter() noexcept;

/// Whether something else may run at the same time: pointless to spin for it, if not.
bool others_run_beside() noexcept;

/// How many fibers can run at the same time where this one runs; 1 on a plain thread.
unsigned current_workers() noexcept;

/// Throws what a cancelled fiber throws.
[[noreturn]] void throw_cancelled();

class worker;

/// What makes a wait known. True: it is over already, with tag 0. It must not touch the sleeper's frame once anybody can
/// have woken the sleeper. A cancellation can even before it: the sleeper then waits for it, by the lock that it releases,
/// say.
using publish_action = bool (*)(void* argument) noexcept;

class wait {
public:
    /// Begins a wait. Inside a shield, and while an exception is in flight, every wait is uninterruptible.
    /// `when` is a wish: a plain thread publishes early, and so does a fiber whose worker is about to look at its poller.
    wait(wait_reason const& reason, void const* object, interruptible may_cancel = interruptible::yes,
         publication when = publication::early) noexcept;
    wait(wait const&) = delete;
    /// A wait that was neither parked nor finished is withdrawn.
    ~wait();

    /// A cancellation came before the wait: do not park, throw.
    bool cancelled() const noexcept { return cancelled_; }
    wait_token token() const noexcept { return {&self_, generation_}; }
    waiter& self() const noexcept { return self_; }

    /// Sleeps until somebody has delivered; returns the winner's tag.
    wait_tag park() noexcept;
    /// The same for a late wait: `publish(argument)` is done in between.
    wait_tag park_then(publish_action publish, void* argument) noexcept;
    /// The same, or until `deadline`: `tag_timeout`. `time_point::max()` is never.
    wait_tag park_until(clock::time_point deadline) noexcept;

    /// The sleeper itself claims the wait, because it need not sleep. False: somebody else won and will deliver: park.
    bool finish() noexcept;

private:
    wait(worker* here, wait_reason const& reason, void const* object, interruptible may_cancel,
         publication when) noexcept;
    void end() noexcept;
    wait_tag sleep() noexcept;

    worker* here_;  // where the wait began, and parks
    waiter& self_;
    std::uint64_t generation_;
    bool late_;
    bool cancelled_;
    bool over_ = false;
};

}  // namespace weft::detail
