#include <weft/leak_guard.hpp>

#include "fiber_survey.hpp"

#include <weft/detail/fatal.hpp>
#include <weft/detail/overflow_report.hpp>
#include <weft/this_fiber.hpp>

#include <unistd.h>
#include <algorithm>
#include <exception>

namespace weft {

namespace {

constexpr auto between_looks = std::chrono::milliseconds(1);

}  // namespace

leak_guard::leak_guard() {
    detail::fiber_survey const all;
    for (detail::fiber_sighting const& f : all.fibers()) known_.push_back(f.id);
    std::ranges::sort(known_);
}

leak_guard::~leak_guard() {
    if (asked_ || std::uncaught_exceptions() != 0) return;
    this_fiber::shield const to_the_end;
    std::string const left = leaks();
    if (left.empty()) return;
    detail::flush_output();
    detail::write_text(STDERR_FILENO, left);
    detail::fatal("fibers outlive a leak_guard: join or cancel them, or close what they wait for", this);
}

std::string leak_guard::leaks_now() const {
    std::string text;
    detail::fiber_survey const all;
    fiber_id const self = this_fiber::get_id();
    auto const is_new = [&](detail::fiber_sighting const& f) {
        return f.id != self && !std::ranges::binary_search(known_, f.id);
    };
    if (std::ranges::any_of(all.fibers(), is_new)) all.describe(text, is_new);
    return text;
}

std::string leak_guard::leaks_until(clock::time_point deadline) {
    asked_ = true;
    for (;;) {
        std::string left = leaks_now();
        if (left.empty() || clock::now() >= deadline) return left;
        this_fiber::sleep_for(between_looks);
    }
}

void leak_guard::throw_if_any(std::string const& leaks) {
    if (!leaks.empty()) throw fibers_leaked("weft: fibers that were started here are still alive:\n" + leaks);
}

}  // namespace weft
