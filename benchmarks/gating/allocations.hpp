#pragma once
#include <cstdint>

namespace gating {

/// How often this process has called `operator new`, in any form.
std::uint64_t allocations() noexcept;

}  // namespace gating
