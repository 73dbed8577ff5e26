#pragma once
// How a model is tested: the code as it is holds, and with a planted bug it does not.

#include "checker/explorer.hpp"
#include "support/catch.hpp"

#include <cstdio>

namespace weft_model {

/// Prints how much there was to look at.
template <class Scenario>
void check_holds(char const* name, bounds const& within) {
    result const r = explore<Scenario>(within);
    std::printf("model: %-44s %u preemptions, %u stale reads: %9llu executions, %9llu states\n", name,
                within.preemptions, within.stale_reads, static_cast<unsigned long long>(r.executions),
                static_cast<unsigned long long>(r.states));
    INFO(name << ": " << r.text());
    CHECK(r.holds());
}

template <class Scenario>
void check_finds(char const* what, bounds const& within, mutation const& bug) {
    result const r = explore<Scenario>(within, {bug});
    INFO(bug.function << ": " << r.text());
    CHECK(r.violation == what);
}

}  // namespace weft_model
