#pragma once
// Files and directories with names that nobody else has. System calls for code that runs off the workers.

#include "file_operation.hpp"

#include <weft/detail/random.hpp>

#include <string>
#include <string_view>

namespace weft::detail {

/// Tries `make(name)`, a `call_result`, with names that begin with `prefix` and end in `suffix`, until one was free.
template <class Make>
call_result with_unique_name(std::string& name, std::string_view prefix, std::string_view suffix, Make const& make) {
    // Names need not be secret: what is made must not have been there. Seeded runtimes can hit upon the same ones.
    constexpr int most_attempts = 1000;
    call_result made{0, EEXIST};
    for (int attempt = 0; made.error == EEXIST && attempt != most_attempts; ++attempt) {
        name = prefix;
        for (std::uint64_t bits = random_bits() | std::uint64_t{1} << 50; bits != 0; bits >>= 5)
            name += "abcdefghijklmnopqrstuvwxyz234567"[bits & 31];
        name += suffix;
        made = make(name.c_str());
    }
    return made;
}

}  // namespace weft::detail
