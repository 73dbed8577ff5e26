#pragma once
#include <cstddef>
#include <string_view>

namespace weft {

/// A place in the program's source. Where a fiber was started appears in every report about it.
struct site {
    char const* file = "";  ///< As the compiler was given it; with `line` 0 it is a return address instead.
    unsigned line = 0;      ///< From 1; 0 is not known.

    /// The place this call stands at (as a default argument: the caller's).
    static constexpr site here(char const* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
        return {file, line};
    }
};

/// How to start one fiber.
struct spawn_options {
    /// Appears in reports. Copied; what exceeds 31 bytes is cut off.
    std::string_view name{};
    /// Bytes of address space for the stack, rounded up to a power of two; memory is committed as touched. 0: the
    /// runtime's default.
    std::size_t stack_bytes = 0;
    /// Where the fiber was started.
    site where = site::here();
};

}  // namespace weft
