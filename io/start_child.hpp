#pragma once
#include "owned_number.hpp"

#include <weft/process_options.hpp>

#include <sys/types.h>
#include <string>
#include <thread>
#include <vector>

namespace weft::detail {

struct stdio_access {
    using kind = stdio::kind;
    static kind what(stdio const& s) noexcept { return s.what_; }
    static int number(stdio const& s) noexcept { return s.number_; }
    static std::string const& path(stdio const& s) noexcept { return s.path_; }
};

/// A child that nobody watches yet: ended by force with the object, unless it is taken over.
class unwatched_child {
public:
    explicit unwatched_child(pid_t number) noexcept : number_(number) {}
    unwatched_child(unwatched_child&& other) noexcept : number_(other.release()) {}
    unwatched_child& operator=(unwatched_child&&) = delete;
    ~unwatched_child();

    pid_t number() const noexcept { return number_; }
    pid_t release() noexcept { return std::exchange(number_, -1); }

private:
    pid_t number_;
};

/// What tells that a child has ended.
struct end_watch {
    std::jthread helper;  // null where the system has descriptors for processes; ends with the child
    owned_number end;     // readable from the child's end on
};

struct started_child {
    end_watch watch;
    unwatched_child child;    // ended before the helper is waited for
    owned_number streams[3];  // this side's ends of the pipes
};

/// Starts the program. Blocks the thread.
/// Errors: as the constructor of `process`.
started_child start_child(std::vector<std::string> const& command, process_options const& options);

}  // namespace weft::detail
