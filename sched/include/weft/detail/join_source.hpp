#pragma once
#include <weft/detail/fiber_control.hpp>
#include <weft/detail/select_source.hpp>

#include <atomic>
#include <cstdint>

namespace weft::detail {

/// The end of a fiber, for select and for join. One at a time per fiber. Null: no fiber, never ready.
class join_source final : public select_source {
public:
    explicit join_source(fiber_control* f) noexcept : fiber_(f) {}

    bool is_ready() override;
    bool arm(wait_token sleeper, wait_tag tag) override;
    void disarm() noexcept override;
    bool by_fibers() const noexcept override { return true; }

    /// `arm` in two steps: who is to be woken, and, once he may be, the announcement. False: the fiber has ended.
    void prepare(wait_token sleeper, wait_tag tag) noexcept;
    bool publish() noexcept;
    /// By a joiner that is awake again, before it takes the announcement back.
    void await_publication() const noexcept;

private:
    fiber_control* fiber_;
};

/// What the end of a fiber found.
struct announced_end {
    std::uint32_t state_before;
    fiber_control* joiner;  // woken, if it is left to the caller to run it next
};

/// The other side, by the fiber itself as it ends: wakes whoever joins it. From then on nobody but the reference count knows
/// the fiber.
inline announced_end announce_end(fiber_control& self) noexcept {
    std::uint32_t before = self.join_state.load(std::memory_order_acquire);
    // Release: the joiner sees the result. Acquire: pairs with the joiner's or the detacher's exchange. Nobody waits for a
    // detached fiber, and it stays detached.
    if (before != fiber_control::detached)
        before = self.join_state.exchange(fiber_control::finished, std::memory_order_acq_rel);
    fiber_control* next = nullptr;
    if (before == fiber_control::joining && self.joiner.try_claim())
        next = self.joiner.who->deliver_here(self.join_tag);
    return {before, next};
}

}  // namespace weft::detail
