#pragma once
// The other side of <weft/detail/expiry.hpp>: what timers wake.

#include <weft/detail/expiry.hpp>
#include <weft/detail/waiter.hpp>

namespace weft::detail {

/// Instead of `tag_timeout`: the runtime whose worker kept the timer has ended first.
inline constexpr wait_tag tag_runtime_ended = 0;

class expiry : public waiter {
public:
    expiry() noexcept : waiter(kind::action, 1) {}

    /// Keeps the node's memory until `fire` or `release`. Returns the generation of this use.
    std::uint64_t prepare(cancel_node& node) noexcept;
    /// By whoever has claimed it and delivered.
    void fire() noexcept;
    /// By whoever has claimed it otherwise.
    void release() noexcept;

    expiry* next_free = nullptr;  // in the pool

private:
    cancel_node* node_ = nullptr;  // whoever has claimed it reads this
};

}  // namespace weft::detail
