#pragma once
// How what weft asks of an io_uring is written down for the kernel. For builds with liburing.

#include "descriptor.hpp"

#include <liburing.h>

namespace weft::detail {

struct file_request;

/// The buffers that multishot receives choose from.
inline constexpr unsigned piece_group = 0;

void describe(io_uring_sqe& entry, descriptor::order const& o) noexcept;
void describe(io_uring_sqe& entry, file_request const& r) noexcept;

}  // namespace weft::detail
