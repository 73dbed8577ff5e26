#pragma once
#include <cstddef>

namespace weft_test {

/// How many descriptors are open while a runtime is at work, without those that its workers wait in: a machine that stalls makes a
/// worker look blocked, and a spare with a poller of its own is started.
std::size_t descriptors_in_use();

}  // namespace weft_test
