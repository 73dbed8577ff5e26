#pragma once
// One file operation that an io_uring does while its fiber sleeps.
//
// Invariant: the job, its request and all that points to lie in frames of a fiber that does not go on before the job is done,
//            also if it is cancelled: a cancellation asks the kernel to give the job up, and waits for its answer.

#include "readiness_list.hpp"

#include <cstdint>

namespace weft::detail {

struct file_request;

/// Every field is guarded by the lock of the desk that it was handed in at.
struct alignas(8) ring_job {
    explicit ring_job(file_request const& request) noexcept : what(request) {}

    enum class state : std::uint8_t { asked, in_progress, done };

    file_request const& what;
    readiness_waiter sleeper;
    int result = 0;  // as of the system call, failures as negative errno values
    state now = state::asked;
    bool stop = false;    // the fiber was cancelled
    bool listed = false;  // in the desk's list
    ring_job* next = nullptr;
};

}  // namespace weft::detail
