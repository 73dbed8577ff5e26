#pragma once
#include "request_desk.hpp"

#include <weft/detail/poller.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace weft::detail {

class readiness_poller;

/// What a descriptor and the poller that watches it know of each other; it outlives both.
struct watch {
    explicit watch(readiness_poller& watcher) noexcept : by_(&watcher) {}

    /// `readiness_poller::remove`, if the poller is still there.
    void remove(int fd) noexcept;
    /// `readiness_poller::look`, likewise.
    void look() noexcept;
    /// By the poller's end, before it closes what it waits in.
    void end() noexcept;

    std::atomic<std::size_t> descriptors{0};  // counted by those who open and close; read by the poller's owner
    std::atomic<bool> ended{false};           // set once, by `end`: no event will come any more
    // Where descriptors ask, each time they have to wait; null if the poller reports without being asked. Set when the
    // poller is made.
    std::unique_ptr<request_desk> desk;

private:
    std::mutex lock_;  // before any lock of the poller; guards by_, and keeps the poller from ending under a call of it
    readiness_poller* by_;
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
    /// Ends that while `fd` is still open. Needed only where another number keeps the open file alive: the system goes on
    /// reporting it otherwise. An event that has been collected may still come.
    virtual void remove(int fd) noexcept = 0;
    /// Tells descriptors what has come to be known since the last poll, without asking the kernel.
    virtual void look() noexcept {}

    std::shared_ptr<watch> const& shared_watch() const noexcept { return watch_; }
    bool watches() const noexcept final { return watch_->descriptors.load(std::memory_order_relaxed) != 0; }

private:
    std::shared_ptr<watch> const watch_ = std::make_shared<watch>(*this);
};

inline void watch::remove(int fd) noexcept {
    std::lock_guard guard(lock_);
    if (by_ != nullptr) by_->remove(fd);
}

inline void watch::look() noexcept {
    std::lock_guard guard(lock_);
    if (by_ != nullptr) by_->look();
}

inline void watch::end() noexcept {
    ended.store(true, std::memory_order_release);  // pairs with the acquire of those about to wait
    std::lock_guard guard(lock_);
    by_ = nullptr;
}

}  // namespace weft::detail
