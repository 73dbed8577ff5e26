#pragma once
// A suspended or running flow of control, and how one replaces another on an OS thread.
//
// Mechanism only: the caller names the target. What must happen to the execution that was left (recycle its stack, put
// it into a queue, publish that it is parked) can only happen once nobody stands on its stack any more, so the target
// does it, first thing: that is the *after-switch action*.
//
// Whatever belongs to an execution and not to its thread is exchanged here: the C++ exception state, and what the
// sanitizers believe about the stack.
#include <weft/detail/config.hpp>
#include <weft/detail/switch_stack.hpp>

#include <cstddef>
#include <utility>

namespace weft::detail {

/// What the C++ runtime keeps per thread about exceptions in flight: `__cxa_eh_globals`. Same layout in libstdc++ and
/// libc++abi.
/// Source: https://itanium-cxx-abi.github.io/cxx-abi/abi-eh.html#cxx-data
struct exception_state {
    void* caught = nullptr;
    unsigned uncaught = 0;
};

/// The calling thread's exception state. Valid for as long as the thread lives.
exception_state* this_thread_exception_state() noexcept;

struct execution {
    void* stack_pointer = nullptr;  // while suspended
    exception_state exceptions;     // while suspended; the running one's is in its thread
#if WEFT_ASAN
    void* fake_stack = nullptr;
    void const* stack_limit = nullptr;
    std::size_t stack_size = 0;
#endif
#if WEFT_TSAN
    void* tsan_fiber = nullptr;
#endif
};

/// An OS thread that runs executions. `switch_to` returns the host the caller finds itself on afterwards, which may be
/// another one than before: nothing derived from the thread survives a switch.
struct host {
    using action = void (*)(host& here, execution& left) noexcept;

    exception_state* exceptions = nullptr;
    execution* left = nullptr;
    action after = nullptr;
};

enum class departure { suspended, finished };

// Sanitizer bookkeeping; empty functions in a plain build.
void sanitizer_adopt_thread(execution& thread) noexcept;
void sanitizer_prepare(execution& fresh, void* limit, void* top) noexcept;
void sanitizer_retire(execution& finished) noexcept;
void sanitizer_leave(execution& from, execution const& to, departure how) noexcept;
void sanitizer_arrive(execution& self) noexcept;

/// Suspends `from`, which must be the running execution, and continues `to`; there `after(host, from)` runs first.
WEFT_INLINE host& switch_to(host& here, execution& from, execution& to, host::action after) noexcept {
    here.left = &from;
    here.after = after;
    from.exceptions = std::exchange(*here.exceptions, to.exceptions);
#if WEFT_ASAN || WEFT_TSAN
    sanitizer_leave(from, to, departure::suspended);
#endif
    host& now = *static_cast<host*>(switch_stack(&from.stack_pointer, to.stack_pointer, &here));
#if WEFT_ASAN || WEFT_TSAN
    sanitizer_arrive(from);
#endif
    now.after(now, *now.left);
    return now;
}

/// Leaves `from`, whose entry function is about to return, for good: it returns the result.
WEFT_INLINE continuation leave_for(host& here, execution& from, execution& to, host::action after) noexcept {
    here.left = &from;
    here.after = after;
    *here.exceptions = to.exceptions;
#if WEFT_ASAN || WEFT_TSAN
    sanitizer_leave(from, to, departure::finished);
#endif
    return {to.stack_pointer, &here};
}

/// The other end of the first switch to a fresh execution: call it first thing in the entry function.
inline host& arrive_first(void* payload, execution& (*running)(host&) noexcept) noexcept {
    host& now = *static_cast<host*>(payload);
#if WEFT_ASAN || WEFT_TSAN
    sanitizer_arrive(running(now));
#else
    (void)running;
#endif
    now.after(now, *now.left);
    return now;
}

}  // namespace weft::detail
