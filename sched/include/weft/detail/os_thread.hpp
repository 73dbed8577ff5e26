#pragma once
// The threads that workers run on; as for atomics, a model checker may take their place.
#include <thread>

namespace weft::detail {

using os_thread = std::thread;

/// The type of a `thread_local` variable.
template <class T>
using per_thread = T;

}  // namespace weft::detail
