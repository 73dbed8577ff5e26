#pragma once
#include <string>

namespace weft {

/// How a child process ended: with an exit code, or by a signal.
class exit_status {
public:
    /// The exit code 0.
    constexpr exit_status() noexcept = default;
    /// Called `exit(code)`, or returned it from `main`.
    static constexpr exit_status exited(int code) noexcept { return {how::exited, code}; }
    /// Was ended by `signal`; `dumped_core`: and left a core dump.
    static constexpr exit_status signalled(int signal, bool dumped_core = false) noexcept {
        return {dumped_core ? how::dumped_core : how::signalled, signal};
    }

    /// It ended by itself, with the exit code 0.
    constexpr bool success() const noexcept { return how_ == how::exited && number_ == 0; }
    /// It ended by itself.
    constexpr bool exited() const noexcept { return how_ == how::exited; }
    /// A signal ended it.
    constexpr bool signalled() const noexcept { return how_ != how::exited; }
    /// The signal that ended it left a core dump.
    constexpr bool dumped_core() const noexcept { return how_ == how::dumped_core; }
    /// The exit code; -1 if a signal ended it.
    constexpr int code() const noexcept { return exited() ? number_ : -1; }
    /// The signal that ended it; 0 if none did.
    constexpr int signal() const noexcept { return exited() ? 0 : number_; }

    /// "exit code 3", or "signal 15 (Terminated)".
    std::string to_string() const;

    /// The same end.
    friend constexpr bool operator==(exit_status const&, exit_status const&) noexcept = default;

private:
    enum class how : unsigned char { exited, signalled, dumped_core };
    constexpr exit_status(how h, int number) noexcept : how_(h), number_(number) {}

    how how_ = how::exited;
    int number_ = 0;
};

}  // namespace weft
