#pragma once
// What is not a fiber and may still wake any fiber at any time: signals, say. While there is one, nobody can tell that a
// program is deadlocked.

namespace weft::detail {

/// One of them, for as long as this exists. No deadlock is reported meanwhile.
class outside_source {
public:
    outside_source() noexcept;
    ~outside_source();
    outside_source(outside_source const&) = delete;
};

/// In a thread that weft runs for such a source, for as long as it runs: it is not somebody else's thread.
class outside_thread {
public:
    outside_thread() noexcept;
    ~outside_thread();
    outside_thread(outside_thread const&) = delete;
};

/// While set, SIGQUIT belongs to the program, and is no question for a list of all fibers.
void claim_quit_signal(bool claimed) noexcept;

}  // namespace weft::detail
