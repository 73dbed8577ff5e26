#pragma once
#include "request_desk.hpp"

#include <weft/detail/poller.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace weft::detail {

/// What a descriptor and the poller that watches it know of each other; it outlives both.
struct watch {
    std::atomic<std::size_t> descriptors{0};  // counted by those who open and close; read by the poller's owner
    std::atomic<bool> ended{false};           // set once, by the poller's end: no event will come any more
    // Where descriptors ask, each time they have to wait; null if the poller reports without being asked. Set when the
    // poller is made.
    std::unique_ptr<request_desk> desk;
};

/// A poller that descriptors can wait with. Every kind that `make_poller` makes is one.
///
/// There are two sorts. One reports readiness: it knows each descriptor from `add` on. The other completes requests: it does
/// nothing until a descriptor that has to wait hands one in at the desk.
class readiness_poller : public poller {
public:
    /// Reports every change of `fd`, in both directions, to the descriptor with that key, from now until `fd` is closed.
    /// With a desk, does nothing.
    /// Errors: `std::system_error`; then nothing is registered.
    virtual void add(int fd, std::uint64_t key) = 0;
    /// Tells descriptors what has come to be known since the last poll, without asking the kernel.
    virtual void look() noexcept {}

    std::shared_ptr<watch> const& shared_watch() const noexcept { return watch_; }
    bool watches() const noexcept final { return watch_->descriptors.load(std::memory_order_relaxed) != 0; }

private:
    std::shared_ptr<watch> const watch_ = std::make_shared<watch>();
};

}  // namespace weft::detail
