#pragma once
// Who lives, what everybody waits for, and what can be said of that by looking at all of them together: circles of fibers that
// wait for each other, and waits that nobody is left to end.
//
// Fibers go on meanwhile. A sighting is what was true of one fiber at one instant; it says that the fiber waits only if it
// slept in the same wait before and after the rest was read. A circle is looked at twice: who slept in the same waits both times
// did so at the instant between the looks.
//
// What a fiber waits for exists for as long as the fiber sleeps, but it may wake at any time. So the object is read by the kernel,
// which knows whether the memory is there, and what was read counts only if the fiber still sleeps afterwards.

#include "describe.hpp"

#include <weft/detail/fiber_control.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace weft::detail {

struct fiber_sighting {
    static constexpr std::size_t nobody = static_cast<std::size_t>(-1);

    fiber_control* who = nullptr;  // may be another fiber by now
    std::uint64_t id = 0;
    char name_bytes[fiber_control::longest_name + 1] = {};
    site where;
    std::uintptr_t stack_low = 0, stack_high = 0;

    wait_reason const* reason = nullptr;
    void const* object = nullptr;
    std::int64_t since = 0;
    bool asleep = false;
    std::uint64_t generation = 0;          // of that sleep
    std::uint64_t clue = 0;                // what the object said, as the reason tells; 0: nothing
    std::size_t waits_for_fiber = nobody;  // an index into the survey

    std::string_view name() const noexcept { return name_bytes; }
    bool tells(wait_clue what) const noexcept { return asleep && reason != nullptr && reason->tells == what; }
};

class fiber_survey {
public:
    /// Of all runtimes. Errors: `std::bad_alloc`.
    fiber_survey();

    std::size_t size() const noexcept { return fibers_.size(); }
    std::vector<fiber_sighting> const& fibers() const noexcept { return fibers_; }

    /// A line for each fiber that `is_wanted`, then one for each circle.
    template <class IsWanted>
    void describe(text_sink to, IsWanted const& is_wanted) const {
        for (fiber_sighting const& f : fibers_)
            if (is_wanted(f)) describe_one(f, to);
        describe_circles(to);
    }
    void describe(text_sink to) const {
        describe(to, [](fiber_sighting const&) { return true; });
    }

private:
    void resolve();
    std::size_t find_by_stack(std::uintptr_t address) const noexcept;
    bool only_waiters_hold(fiber_sighting const& f) const noexcept;
    void describe_one(fiber_sighting const& f, text_sink to) const;
    void describe_circles(text_sink to) const;
    void describe_circle(std::size_t first, text_sink to) const;

    std::vector<fiber_sighting> fibers_;   // by the address of the stack
    std::vector<std::uint64_t> channels_;  // what fibers wait for that has handles, sorted; as often as somebody waits
};

}  // namespace weft::detail
