#pragma once
#include <cstdint>

namespace weft::detail {

struct timer_record;
class timer_queue;

/// Names one arming of a timer; see timers.hpp.
struct timer_handle {
    timer_record* record = nullptr;
    std::uint64_t generation = 0;
    timer_queue* queue = nullptr;
};

}  // namespace weft::detail
