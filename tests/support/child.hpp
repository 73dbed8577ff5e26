// Code that ends its process, run in a process of its own.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "support/build.hpp"

namespace weft_test {

/// How a child process ended, and what it said.
struct child_end {
    int exit_status = -1;  // -1: it did not exit
    int signal = 0;        // 0: no signal ended it
    bool timed_out = false;
    std::string out, err;

    bool says(std::string_view text) const { return err.find(text) != std::string::npos; }
};

/// A piece of program that tests start as a process: this executable again, with a flag that names the piece.
///
/// The child has no watchdog and no other thread that is not weft's, so that "all fibers are asleep" is certain in it.
///
///     weft_test::child const misuse{"unlock twice", [] { ...; return 0; }};
///     TEST_CASE(...) { auto const end = misuse.run(); CHECK(end.signal == SIGABRT); CHECK(end.says("unlock")); }
class child {
public:
    static constexpr std::string_view flag = "--child";

    /// Defines a child; an object with static storage duration. `name` must be unique in the executable.
    child(char const* name, int (*body)());

    /// Starts it, with `environment` ("NAME=value") added to this process's own, and waits for its end.
    child_end run(std::vector<std::string> environment = {}, std::chrono::seconds limit = default_limit) const;

    /// In the started process: runs the body of that name and returns its exit status.
    static int run_here(std::string_view name);

private:
    static constexpr std::chrono::seconds default_limit{sanitized ? 120 : 30};

    char const* name_;
    int (*body_)();
    child const* next_;
    static inline constinit child const* all_ = nullptr;
};

}  // namespace weft_test
