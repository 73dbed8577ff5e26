// Restores the order of the output, and keeps whoever watches informed.
#pragma once
#include <cstdint>
#include <map>
#include <weft/weft.hpp>

#include "console.hpp"
#include "pipeline.hpp"
#include "report.hpp"
#include "tally.hpp"

namespace weftsum {

/// Takes batches as they come and reports their files in order.
class printer {
public:
    printer(pipeline& digests, report& report, console& out) : digests_(digests), report_(report), out_(out) {}

    /// Reports everything, or what is done when an interrupt comes. Returns the exit status.
    /// Errors: output_error.
    int print_all(weft::recv_chan<int> interrupts);

    tally const& done() const { return done_; }

private:
    void add(batch b);
    int finish();
    int give_up(int signal);

    pipeline& digests_;
    report& report_;
    console& out_;
    std::map<std::uint64_t, batch> early_;  // digested before one that comes earlier in the output
    std::uint64_t next_ = 0;                // the number of the batch to report next
    tally done_;
};

}  // namespace weftsum
