// What the workloads of this peer share: how a fiber is launched, and where the number of workers is kept.
#pragma once
#include <boost/fiber/all.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace peer {

/// Set once, before the first fiber starts.
inline unsigned workers = 1;

/// Stacks of this size stay small enough for the allocators below to recycle them from memory they already hold.
inline constexpr std::size_t stack_bytes = 16 * 1024;

/// Launches a fiber with the fastest stack allocator that is safe: the pool is not synchronised, and with
/// work stealing a fiber may end on another thread than the one that launched it.
template <class F>
boost::fibers::fiber launch(boost::fibers::launch policy, F&& f) {
    if (workers == 1) {
        thread_local boost::fibers::pooled_fixedsize_stack pool(stack_bytes);
        return {policy, std::allocator_arg, pool, std::forward<F>(f)};
    }
    return {policy, std::allocator_arg, boost::fibers::fixedsize_stack(stack_bytes), std::forward<F>(f)};
}

template <class F>
boost::fibers::fiber launch(F&& f) {
    return launch(boost::fibers::launch::post, std::forward<F>(f));
}

void report(std::string_view name, double value, std::uint64_t checksum);

std::uint64_t yield_between_two(std::uint64_t operations);
std::uint64_t spawn_and_join(std::uint64_t operations);
std::uint64_t spawn_in_waves(std::uint64_t operations);
std::uint64_t skynet(std::uint64_t leaves);
std::uint64_t fork_join(std::uint64_t tasks);
std::uint64_t fan_out(std::uint64_t tasks);
std::uint64_t stealing(std::uint64_t tasks);
std::uint64_t ping_pong(std::uint64_t round_trips);
std::uint64_t unbuffered_fan(unsigned producers, unsigned consumers, std::uint64_t messages);
std::uint64_t buffered_fan(unsigned producers, unsigned consumers, std::uint64_t messages);
std::uint64_t sleep_microsecond(std::uint64_t sleeps);
std::uint64_t timeout_ping_pong(std::uint64_t round_trips);
std::uint64_t mutex_contended(std::uint64_t operations);
void parked_fibers(std::uint64_t fibers);

}  // namespace peer
