#pragma once
// The switch itself: leave one stack, continue on another. Two implementations, chosen by file:
// context_asm.cpp (x86-64 and arm64, System V) and context_boost.cpp (Boost.Context, everything else).

namespace weft::detail {

/// Where to go on, as an entry function returns it: a suspended execution and the payload to hand it.
struct continuation {
    void* stack_pointer;
    void* payload;
};

/// First function on a new stack; gets the payload of the switch that started it. Returning abandons the stack and
/// continues another. (A call that never returned would leave the processor's return-address predictor one off, and
/// every return of whoever runs next would be mispredicted.)
using stack_entry = continuation (*)(void* payload) noexcept;

/// Makes an empty stack that ends at `top` ready to be switched to; the first switch calls `entry`.
/// `limit` is the lowest usable address. Returns the stack pointer to give to `switch_stack`.
void* prepare_stack(void* top, void* limit, stack_entry entry) noexcept;

/// Saves the calling execution in `*save`, continues the one saved in `target` and hands it `payload`.
/// Returns, when somebody switches back, the payload of that switch. Floating-point control words and the signal
/// mask belong to the thread and are not switched.
void* switch_stack(void** save, void* target, void* payload) noexcept;

/// The name of the implementation that was built: "asm" or "boost".
char const* switch_name() noexcept;

}  // namespace weft::detail
