#include "fault_trials.hpp"

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

#include "faulty_system.hpp"
#include "support/fixture.hpp"
#include "support/seed.hpp"

namespace weft_test {
namespace {

struct verdict {
    std::uint64_t calls = 0;
    std::uint64_t faults = 0;
    std::error_code failure;  // what the scenario ended with
    std::string complaint;    // what no fault excuses
};

// What weft handles itself, or what only its own mistake can bring about.
bool must_not_surface(std::error_code const& code) {
    switch (code.value()) {
    case EINTR:
    case EAGAIN:
    case EBADF:
    case EINVAL:
    case EEXIST:
    case ENOENT:
    case ENOSYS:
    case ENOTSOCK: return true;
    default: return code.category() != std::generic_category();
    }
}

verdict run_on_faulty(scenario const& s, fault_plan const& plan, weft::runtime_options const& options) {
    verdict v;
    residue const before = residue::now();
    {
        faulty_system const faulty(plan);
        try {
            weft::run(s.run, options);
        } catch (std::system_error const& e) {
            v.failure = e.code();
            if (must_not_surface(e.code())) v.complaint = e.what();
        } catch (broken_promise const& e) {
            v.complaint = e.what();
        }
        v.calls = faulty.calls();
        v.faults = faulty.faults();
    }
    if (v.failure && v.faults == 0) v.complaint = "failed without a fault: " + v.failure.message();
    if (v.failure && plan.harmless_only) v.complaint = "failed of a harmless fault: " + v.failure.message();
    residue const after = settled(before);
    if (after.fibers != before.fibers) v.complaint = "a fiber is left";
    if (after.timers != before.timers) v.complaint = "a timer is left";
    if (after.descriptors != before.descriptors) v.complaint = "a descriptor is left";
    return v;
}

void check(verdict const& v) {
    INFO(v.complaint);
    CHECK(v.complaint.empty());
}

std::uint64_t rounds(std::uint64_t usual) {
    char const* const more = std::getenv("WEFT_TEST_FAULT_ROUNDS");
    return more == nullptr ? usual : usual * std::strtoull(more, nullptr, 0);
}

}  // namespace

void survive_random_faults(std::span<scenario const> scenarios, bool harmless_only, weft::runtime_options options) {
    std::uint64_t const seed = seed_of("faults");
    for (scenario const& s : scenarios)
        for (std::uint64_t round = 0; round != rounds(sized(20, 10, 3)); ++round) {
            fault_plan plan;
            plan.seed = seed + round;
            // From few, so that much happens before the first, to more than there is peace in between.
            plan.one_in = std::array{97U, 23U, 5U, 2U}[round % 4];
            plan.harmless_only = harmless_only;
            INFO(s.name << ", seed " << plan.seed << ", one in " << plan.one_in);
            check(run_on_faulty(s, plan, options));
        }
}

void survive_every_fault(std::span<scenario const> scenarios) {
    std::uint64_t const seed = seed_of("n-th call");
    weft::runtime_options options;
    options.workers = 2;
    for (scenario const& s : scenarios) {
        supervised const guard(s.name);
        for (std::uint64_t n = 1;; n += sized(1U, 1U, 11U)) {
            fault_plan plan;
            plan.seed = seed;
            plan.only = n;
            verdict const v = run_on_faulty(s, plan, options);
            INFO(s.name << ", call " << n << ", seed " << seed);
            check(v);
            if (v.calls < n) break;
        }
    }
}

}  // namespace weft_test
