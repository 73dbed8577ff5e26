#include <weft/detail/fatal.hpp>

#include "describe.hpp"
#include "worker.hpp"

#include <weft/detail/overflow_report.hpp>

#include <unistd.h>
#include <cstdio>
#include <cstdlib>

namespace weft::detail {

namespace {

[[noreturn]] void die(char const* what, void const* object, fiber_control const* culprit) noexcept {
    char line[512];
    int length = object == nullptr ? std::snprintf(line, sizeof line, "weft: %s (", what)
                                   : std::snprintf(line, sizeof line, "weft: %s [%p] (", what, object);
    if (length < 0 || length >= static_cast<int>(sizeof line)) length = static_cast<int>(sizeof line) - 1;
    flush_output();
    line[length] = '\0';
    write_text(STDERR_FILENO, line);
    if (culprit == nullptr)
        write_text(STDERR_FILENO, "on a plain thread");
    else
        describe_identity(*culprit, STDERR_FILENO);
    write_text(STDERR_FILENO, ")\n");
    std::abort();
}

}  // namespace

void fatal(char const* what, void const* object) noexcept {
    worker* here = current_worker();
    die(what, object, here == nullptr ? nullptr : here->running());
}

void fatal_in(fiber_control const& culprit, char const* what) noexcept { die(what, nullptr, &culprit); }

}  // namespace weft::detail
