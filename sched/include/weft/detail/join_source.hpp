#pragma once
#include <weft/detail/fiber_control.hpp>
#include <weft/detail/select_source.hpp>

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

}  // namespace weft::detail
