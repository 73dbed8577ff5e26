// The poller of a runtime that watches no descriptors: it waits for an interrupt or a deadline, on a futex.
#include "futex.hpp"

#include <weft/detail/atomic.hpp>
#include <weft/detail/poller.hpp>

#include <atomic>

namespace weft::detail {

namespace {

class futex_poller final : public poller {
public:
    void poll(clock::time_point deadline, ready_list&) override {
        // Acquire: pairs with the release in interrupt.
        while (interrupted_.exchange(0, std::memory_order_acquire) == 0) {
            if (deadline != clock::time_point::max() && clock::now() >= deadline) return;
            futex_wait(reinterpret_cast<std::uint32_t const*>(&interrupted_), 0, deadline);
        }
    }

    void interrupt() noexcept override {
        if (interrupted_.exchange(1, std::memory_order_release) == 0)
            futex_wake(reinterpret_cast<std::uint32_t const*>(&interrupted_));
    }

    bool watches() const noexcept override { return false; }

private:
    atomic<std::uint32_t> interrupted_{0};
};

}  // namespace

std::unique_ptr<poller> make_futex_poller() { return std::make_unique<futex_poller>(); }

}  // namespace weft::detail
