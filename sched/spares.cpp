// Workers that stand in for others whose threads are blocked in foreign code.
//
// The monitor finds a worker that has been in one fiber for a whole tick, whose processor clock stands still and whose thread
// waits in the kernel. If there is work and no worker left for it, a spare starts, or one that has retired is called back.
// Once the blocked worker is back there is one too many: a spare retires as soon as it leaves a fiber. It keeps its
// timers and its sockets, so it goes on sleeping in its poller, and hands what they wake to the others.
#include "runtime_core.hpp"

#include <algorithm>
#include <exception>

namespace weft::detail {

void runtime_core::mark_away(worker& w) noexcept {
    presence expected = presence::here;
    w.seen_as.compare_exchange_strong(expected, presence::away, std::memory_order_acq_rel);
    full_fence();  // pairs with the one in worker::sleep: it sees the mark, or we see that it has left its fiber
    expected = presence::away;
    if (w.running() == nullptr) w.seen_as.compare_exchange_strong(expected, presence::here, std::memory_order_acq_rel);
}

void runtime_core::count_blocked(worker& w) noexcept {
    // Counted first: the worker may be back, and uncount itself, at any time.
    blocked_.fetch_add(1, std::memory_order_acq_rel);
    presence expected = presence::away;
    if (!w.seen_as.compare_exchange_strong(expected, presence::blocked, std::memory_order_acq_rel)) count_unblocked();
}

void runtime_core::call_spares() noexcept {
    while (running_spares_.load(std::memory_order_acquire) < blocked_.load(std::memory_order_acquire) &&
           idle_.wakeable() == 0) {
        auto const spares = workers().subspan(options.workers);
        auto const retired = std::ranges::find_if(spares, [](auto const& w) { return w->retired.load(); });
        if (retired != spares.end()) {
            running_spares_.fetch_add(1, std::memory_order_acq_rel);
            idle_.set_retired(**retired, false);
        } else if (!add_spare()) {
            break;
        }
    }
    wake_one();
}

// False: there are as many as there may be, or the system gives no more. The next tick tries again.
bool runtime_core::add_spare() noexcept {
    std::size_t const index = workers().size();
    if (index == most_workers()) return false;
    try {
        auto spare = std::make_unique<worker>(*this, static_cast<unsigned>(index), seed_ + index, worker::role::spare);
        spare->start();
        workers_[index] = std::move(spare);
    } catch (std::exception const&) {
        return false;
    }
    running_spares_.fetch_add(1, std::memory_order_acq_rel);
    worker_count_.store(index + 1, std::memory_order_release);
    return true;
}

void runtime_core::await_publication(worker const& w) const noexcept {
    while (workers().size() <= w.index) yield_thread();
}

void runtime_core::retire_surplus(worker& spare) noexcept {
    unsigned running = running_spares_.load(std::memory_order_relaxed);
    while (running > blocked_.load(std::memory_order_acquire))
        if (running_spares_.compare_exchange_weak(running, running - 1, std::memory_order_acq_rel))
            return idle_.set_retired(spare, true);
}

}  // namespace weft::detail
