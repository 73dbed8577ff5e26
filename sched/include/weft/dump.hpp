#pragma once
#include <cstddef>
#include <cstdio>
#include <string>

namespace weft {

/// Writes a line for each live fiber of every runtime in the process: its name and number, where it was started, what it
/// waits for and for how long, and, where that is known, which fiber holds the mutex or is to be joined. Further lines name
/// the circles of fibers that wait for each other so. A wait on a channel to which only those have handles who wait on it is
/// called leaked; that is certain unless somebody uses a handle of theirs by reference. Returns the number of fibers.
///
/// The fibers go on meanwhile: each line is true for an instant of its own. The time that a fiber has waited is taken from
/// the clock that its worker last looked at, up to 61 switches before the fiber parked, and so rather too long.
///
/// SIGQUIT makes the process do the same on standard error: `runtime_options::on_sigquit`.
///
/// Thread safety: any thread or fiber, not a signal handler.
/// Errors: `std::bad_alloc`.
std::size_t dump_fibers(std::FILE* to = stderr);

/// The same, appended to `text`.
std::size_t dump_fibers(std::string& text);

}  // namespace weft
