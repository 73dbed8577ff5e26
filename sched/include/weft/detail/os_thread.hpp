#pragma once
// The threads that workers run on; as for atomics, a model checker may take their place.
#include <thread>

namespace weft::detail {

using os_thread = std::thread;

}  // namespace weft::detail
