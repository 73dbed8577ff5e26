#pragma once
// A node in the list of those who wait for a descriptor. It lies in the frame of the sleeper.

#include <weft/detail/waiter.hpp>

#include <cstdint>

namespace weft::detail {

/// The two halves of a descriptor; what happens in one does not concern the other.
enum class direction : std::uint8_t { read, write };

/// Linked and unlinked under the descriptor's lock. Once its token is claimed it stays valid until the delivery.
struct readiness_waiter {
    wait_token token;
    wait_tag tag = 0;
    bool in_select = false;  // waits for readiness itself, so that a deadline does not concern it
    bool linked = false;
    readiness_waiter* next = nullptr;
    readiness_waiter* previous = nullptr;
};

}  // namespace weft::detail
