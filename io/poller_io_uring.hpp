#pragma once
#include "readiness_poller.hpp"

#include <cstdint>
#include <memory>

namespace weft::detail {

/// How large the queues and the store of a ring are, each a power of two.
struct ring_sizes {
    std::uint32_t submissions = 64;    // a page; more are submitted in several rounds
    std::uint32_t completions = 1024;  // more are kept by the kernel
    std::uint32_t pieces = 128;        // with none left, whoever waits is told to receive by itself
    std::uint32_t piece_bytes = 2048;
};

/// Of the rings made from now on. A test changes it, while no runtime lives.
inline ring_sizes sizes_of_new_rings;

/// Errors: `std::system_error`: `not_supported` if this build has no io_uring, ENOSYS, EPERM or ENOMEM if this system
/// forbids it or lacks what weft needs of it, others when descriptors are refused.
std::unique_ptr<readiness_poller> make_io_uring_poller();

}  // namespace weft::detail
