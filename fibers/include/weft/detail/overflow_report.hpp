#pragma once
// Turns a fault in a guard page into a report that names the fiber.

#include <weft/detail/stack_pool.hpp>

#include <cstdint>
#include <string_view>

namespace weft::detail {

/// Writes what it knows of the fiber on `slot` to the descriptor `to`. Called from a signal handler: async-signal-safe.
using overflow_describer = void (*)(stack_slot const& slot, int to) noexcept;

/// Installs, once per process, a handler for SIGSEGV and SIGBUS that acts on our guard pages and passes every other
/// fault on to whoever handled it before. Thread safety: any thread.
void install_overflow_report(overflow_describer describe);

/// Gives the calling thread a signal stack while it lives: a handler cannot run on the stack that is full.
class signal_stack {
public:
    signal_stack();
    ~signal_stack();
    signal_stack(signal_stack const&) = delete;

private:
    void* memory_ = nullptr;
};

/// `write(2)` of a text, and of a number, for use in signal handlers.
void write_text(int to, std::string_view text) noexcept;
void write_number(int to, std::uint64_t number) noexcept;

}  // namespace weft::detail
