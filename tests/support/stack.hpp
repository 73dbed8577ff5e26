#pragma once
// Stack that is really used.

#include <cstddef>

namespace weft_test {

/// Touches about `bytes` of the caller's stack, page by page, and returns something that depends on it.
std::size_t dig(std::size_t bytes);

}  // namespace weft_test
