#pragma once
#include "file_operation.hpp"

#include <weft/detail/waiter.hpp>

#include <optional>

namespace weft::detail {

/// Has the calling fiber's worker submit the request to its io_uring, and waits until it is done. Nothing: the call has not been
/// made, because there is no such ring, or it does not know this call: somebody else has to make it.
/// Blocks: until it is done; a cancellation asks the kernel to give it up.
/// Errors: as `perform`.
std::optional<outcome> perform_on_ring(file_request const& request, interruptible may_cancel) noexcept;

}  // namespace weft::detail
