#pragma once
// Recycles fiber stacks, so that a program in steady state maps no memory.
//
//     one stack, low to high address:
//     | guard page | reserved, committed as touched  <-- grows | owner's block | stack_slot | colour | end
//
// Stacks of one size are cut from large slabs. The top of each stack holds its `stack_slot` and, below it, whatever its
// owner keeps there (the scheduler: the fiber's control block), so a shallow fiber lives in a single resident page.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weft::detail {

/// Stack sizes are powers of two between these.
inline constexpr std::size_t min_stack_bytes = 16 * 1024;
inline constexpr std::size_t max_stack_bytes = std::size_t{1} << 30;
inline constexpr unsigned stack_classes = 17;

/// The size class for a request. Errors: `std::invalid_argument` above `max_stack_bytes`; small requests are rounded
/// up.
unsigned stack_class_for(std::size_t bytes);
constexpr std::size_t stack_class_bytes(unsigned index) noexcept { return min_stack_bytes << index; }

class slab;

/// Sits at the top of its own stack. Written by the pool when the stack is taken into use.
struct stack_slot {
    stack_slot* next = nullptr;  // in a free list
    std::byte* limit = nullptr;  // the lowest usable address, just above the guard page
    slab* owner = nullptr;
    std::uint32_t size_class = 0;
    /// The owner has built its block below this slot. Set by the owner, release; read by `for_each`, acquire.
    std::atomic<bool> built{false};
    /// Distinguishes this use of the memory from those before it was last given back to the kernel.
    std::uint64_t epoch = 0;
};

/// A worker's private stock, last in, first out: the stack used most recently is the warmest in cache.
/// Thread safety: one thread.
class stack_magazine {
public:
    stack_magazine() = default;
    stack_magazine(stack_magazine const&) = delete;
    ~stack_magazine() { flush(); }

    /// Errors: `std::bad_alloc`, `std::system_error` when the system gives no more memory, mappings or guards.
    stack_slot& acquire(unsigned size_class) {
        shelf& from = shelves_[size_class];
        if (from.top == nullptr) [[unlikely]]
            refill(size_class);
        stack_slot* warmest = from.top;
        from.top = warmest->next;
        --from.count;
        return *warmest;
    }

    void release(stack_slot& slot) noexcept {
        shelf& to = shelves_[slot.size_class];
        slot.next = to.top;
        to.top = &slot;
        if (++to.count > magazine_max) [[unlikely]]
            spill(slot.size_class);
    }

    /// Gives everything back to the shared depot.
    void flush() noexcept;

private:
    static constexpr unsigned magazine_max = 64;
    static constexpr unsigned batch = 32;

    struct shelf {
        stack_slot* top = nullptr;
        unsigned count = 0;
    };

    void refill(unsigned size_class);
    void spill(unsigned size_class) noexcept;

    shelf shelves_[stack_classes];
};

/// The shared side of the pool. It outlives every runtime. Thread safety: any thread.
namespace stack_depot {

stack_slot& acquire(unsigned size_class);
void release(stack_slot& slot) noexcept;

/// What a call of `trim` did.
struct trim_result {
    std::size_t given_back;  // stacks
    bool pending;            // stacks still lie idle
    bool cut_short;          // some of them have done so since the call before: the next call may follow at once
};
/// Gives back to the kernel what lay idle since the previous call; of much, only a part, to bound the pause. Meant to be
/// called about once a second, off the hot path.
trim_result trim() noexcept;

/// Gives back all that is idle now: for when nobody will call `trim` any more.
void trim_everything() noexcept;

/// Calls `visit(slot, argument)` for each stack whose owner has built its block. The block may be dead, and may come
/// alive or die meanwhile, but its memory stays readable.
void for_each(void (*visit)(stack_slot& slot, void* argument), void* argument);

struct statistics {
    std::size_t reserved;  // stacks cut from slabs
    std::size_t idle;      // of those, in the depot and still holding memory
    std::size_t cold;      // of those, given back to the kernel or never touched
    std::size_t slabs;
};
statistics stats() noexcept;

/// The slot whose guard page contains `address`, or null. Async-signal-safe.
stack_slot* guarded_by(void const* address) noexcept;

}  // namespace stack_depot

}  // namespace weft::detail
