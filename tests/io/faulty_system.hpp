// A system that fails where it may: stands in the table of system calls while it lives.
//
// A fault is one that the real system could have shown at that place. An interrupted or impossible call has not happened, except
// for `close` and `connect`, which an interruption does not take back. After a call that "would block" although it
// would not, the poller reports the descriptor anew, as if what it lacked had come right then; so it does after one that
// moved a single byte of a TCP stream, as if the rest had.
#pragma once

#include <cstdint>

#include "system_table.hpp"

namespace weft_test {

struct fault_plan {
    std::uint64_t seed = 0;
    unsigned one_in = 0;         // of the calls that can fail, at random; 0: none
    std::uint64_t only = 0;      // the one call, counted from 1, that fails; 0: none in particular
    bool harmless_only = false;  // interruptions, would-block, transfers of one byte: nothing that a caller may notice
};

class faulty_system {
public:
    explicit faulty_system(fault_plan const& plan);
    /// No runtime lives any more.
    ~faulty_system();
    faulty_system(faulty_system const&) = delete;

    /// That could have failed, so far.
    std::uint64_t calls() const;
    /// That did.
    std::uint64_t faults() const;

    /// What is installed, for looking at.
    static weft::detail::system_table const& table();
};

}  // namespace weft_test
