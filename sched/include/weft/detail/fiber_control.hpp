#pragma once
// A fiber's control block. It lives at the top of the fiber's stack and is built once per stack, not once per fiber:
// its claim word and its reference count stay meaningful when the fiber is gone and when another uses the memory.

#include <weft/clock.hpp>
#include <weft/detail/execution.hpp>
#include <weft/detail/stack_pool.hpp>
#include <weft/detail/wait.hpp>
#include <weft/detail/waiter.hpp>
#include <weft/site.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string_view>

namespace weft::detail {

class runtime_core;
class worker;

/// What the fiber runs, type-erased: a callable that is replaced by its result.
struct fiber_operations {
    void (*invoke)(void* body);                     // may throw; destroys the callable in any case
    void (*destroy_result)(void* body) noexcept;    // after invoke returned
    void (*destroy_callable)(void* body) noexcept;  // instead of invoke
};

struct fiber_control : waiter, execution {
    static constexpr std::size_t longest_name = 31;

    enum : std::uint32_t { running, joining, finished, detached };

    explicit fiber_control(stack_slot const& on) noexcept : waiter(kind::fiber, on.epoch << epoch_shift) {}

    /// Its stack's, right above it.
    stack_slot& slot() noexcept;

    /// Takes a reference if the fiber is alive or its handle is held. The fields below are stable meanwhile.
    bool try_hold() noexcept;
    /// Drops references; the last one returns the stack to the pool.
    void release(std::uint32_t count = 1) noexcept;
    /// Returns the stack to the pool: by the last reference, or when the fiber was never started.
    void recycle() noexcept;

    /// Its runtime ended without it.
    bool abandoned() const noexcept;

    void begin_life(stack_slot const& on) noexcept { restart(on.epoch << epoch_shift); }

    // In the order of use: a fiber that only starts, runs and ends touches two cache lines.

    // Set when started, constant until the last reference goes.
    runtime_core* runtime = nullptr;
    fiber_operations const* operations = nullptr;
    void* body = nullptr;  // callable, later result
    std::uint64_t id = 0;
    site where;

    /// One for the fiber while it lives, one for its handle, one for each canceller in progress; 0: dead.
    std::atomic<std::uint32_t> references{0};
    /// The joiner writes `joiner`, then publishes with running -> joining (release); who finishes takes it with an exchange
    /// to finished (acquire). The joiner takes it back with joining -> running. A detached fiber stays detached.
    std::atomic<std::uint32_t> join_state{running};
    std::exception_ptr failure;  // what escaped; written before finished, read by the joiner after

    // The fiber's own.
    std::uint32_t shields = 0;
    std::uint32_t pins = 0;
    bool body_on_heap = false;
    bool is_named = false;
    bool result_taken = false;    // the holder's
    bool left_to_joiner = false;  // so is the fiber's reference; written before the joiner runs

    // From here on touched only by those that wait, are queued or pinned, have a name, or are joined.
    worker* home = nullptr;         // the worker it is pinned to, or parked on last (forced migration)
    fiber_control* next = nullptr;  // owned by the list the fiber is in
    /// For reports; written by the fiber before it parks, read by anybody. Null while running or runnable.
    std::atomic<wait_reason const*> reason{nullptr};
    std::atomic<void const*> waits_for{nullptr};
    std::atomic<std::int64_t> since{0};  // clock ticks, as coarse as the worker's clock
    wait_token joiner;
    wait_tag join_tag = 0;
    std::size_t body_alignment = 0;  // if it is on the heap
    char name_bytes[longest_name + 1] = {};

    std::string_view name() const noexcept { return is_named ? std::string_view(name_bytes) : std::string_view(); }
    void set_name(std::string_view given) noexcept {
        is_named = !given.empty();
        if (!is_named) return;
        std::size_t const size = given.size() < longest_name ? given.size() : longest_name;
        std::memcpy(name_bytes, given.data(), size);
        name_bytes[size] = '\0';
    }

private:
    static constexpr unsigned epoch_shift = 32;  // waits per use of the memory before two uses could meet: 2^32
};

inline constexpr std::size_t control_bytes =
    (sizeof(fiber_control) + cache_line_bytes - 1) / cache_line_bytes * cache_line_bytes;

/// The control block that belongs to a stack. Its memory is all zero (dead) until it is first used.
inline fiber_control* control_of(stack_slot& slot) noexcept {
    return reinterpret_cast<fiber_control*>(reinterpret_cast<std::byte*>(&slot) - control_bytes);
}
inline stack_slot& fiber_control::slot() noexcept {
    return *reinterpret_cast<stack_slot*>(reinterpret_cast<std::byte*>(this) + control_bytes);
}

}  // namespace weft::detail
