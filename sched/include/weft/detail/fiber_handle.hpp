#pragma once
#include <weft/clock.hpp>

#include <cstdint>
#include <utility>

namespace weft::detail {

struct fiber_control;
struct fiber_access;

/// The part of `fiber<R>` that does not know R. Holds a reference to the control block.
class fiber_handle {
public:
    fiber_handle() noexcept = default;
    explicit fiber_handle(fiber_control& started) noexcept : control_(&started) {}
    fiber_handle(fiber_handle&& other) noexcept : control_(std::exchange(other.control_, nullptr)) {}
    fiber_handle& operator=(fiber_handle&& other) noexcept;
    ~fiber_handle() {
        if (control_ != nullptr) cancel_and_join();
    }

    fiber_control* get() const noexcept { return control_; }
    std::uint64_t id() const noexcept;

    void wait_to_join();
    bool wait_until(clock::time_point deadline);
    /// After the end: the body, whose result the caller destroys, or rethrows what escaped.
    void* take_result() const;
    void cancel() const noexcept;
    void detach() noexcept;

private:
    void refuse_misuse() const;
    void cancel_and_join() noexcept;

    fiber_control* control_ = nullptr;
};

}  // namespace weft::detail
