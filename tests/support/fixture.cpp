#include "support/fixture.hpp"

namespace weft_test {

supervised::supervised(std::string const& what, std::chrono::seconds limit)
    : watchdog_(running_test(what), limit), before_(residue::now()) {}

void supervised::check_nothing_left() const {
    residue const after = settled(before_);
    CHECK(after.fibers == before_.fibers);
    CHECK(after.timers == before_.timers);
    CHECK(after.descriptors == before_.descriptors);
    CHECK(after.threads <= before_.threads);  // the kernel may still have listed one that ended before
    CHECK(after.counted_objects == before_.counted_objects);
}

std::string supervised::running_test(std::string const& what) {
    return Catch::getResultCapture().getCurrentTestName() + " (" + what + ")";
}

}  // namespace weft_test
