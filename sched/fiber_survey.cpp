#include "fiber_survey.hpp"

#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>

namespace weft::detail {

namespace {

// Reads memory that may be gone. False: it is, or this system does not let us look.
bool peek(void const* from, void* into, std::size_t bytes) noexcept {
    iovec const local{into, bytes};
    iovec const remote{const_cast<void*>(from), bytes};
    return ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

std::uint64_t read_clue(wait_reason const& reason, void const* object) noexcept {
    switch (reason.tells) {
    case wait_clue::none: break;
    case wait_clue::is_fiber: return reinterpret_cast<std::uintptr_t>(object);
    case wait_clue::has_holder: {
        std::uintptr_t holder = 0;
        if (peek(reason.field(object), &holder, sizeof holder)) return holder;
        break;
    }
    case wait_clue::has_handles: {
        std::uint32_t handles = 0;
        if (peek(reason.field(object), &handles, sizeof handles)) return handles;
        break;
    }
    }
    return 0;
}

// What the fiber, which cannot end meanwhile, waits for.
void look_at_wait(fiber_control& f, fiber_sighting& into) noexcept {
    std::uint64_t const generation = f.generation();
    bool const was_asleep = f.is_asleep();
    into.reason = f.reason.load(std::memory_order_relaxed);
    into.object = f.waits_for.load(std::memory_order_relaxed);
    into.since = f.since.load(std::memory_order_relaxed);
    into.clue = was_asleep && into.reason != nullptr ? read_clue(*into.reason, into.object) : 0;
    std::atomic_thread_fence(std::memory_order_acquire);  // the look above came before the one below
    into.asleep = was_asleep && f.is_asleep() && f.generation() == generation && into.reason != nullptr;
    into.generation = generation;
    if (!into.asleep) into.clue = 0;
}

// False: it is not alive.
bool look_at(fiber_control& f, fiber_sighting& into) noexcept {
    if (!f.try_hold()) return false;
    bool const alive = f.join_state.load(std::memory_order_acquire) != fiber_control::finished;
    if (alive) {
        into.who = &f;
        into.id = f.id;
        f.name().copy(into.name_bytes, fiber_control::longest_name);
        into.where = f.where;
        into.stack_low = reinterpret_cast<std::uintptr_t>(f.slot().limit);
        into.stack_high = reinterpret_cast<std::uintptr_t>(&f.slot());
        look_at_wait(f, into);
    }
    f.release();
    return alive;
}

bool still_sleeps(fiber_sighting const& before) noexcept {
    fiber_sighting now;
    return look_at(*before.who, now) && now.asleep && now.id == before.id && now.generation == before.generation &&
           now.clue == before.clue;
}

}  // namespace

fiber_survey::fiber_survey() {
    stack_depot::for_each(
        [](stack_slot& slot, void* argument) {
            auto& fibers = *static_cast<std::vector<fiber_sighting>*>(argument);
            if (fiber_sighting seen; look_at(*control_of(slot), seen)) fibers.push_back(seen);
        },
        &fibers_);
    resolve();
}

void fiber_survey::resolve() {
    std::ranges::sort(fibers_, {}, &fiber_sighting::stack_low);
    for (fiber_sighting& f : fibers_) {
        if (f.tells(wait_clue::is_fiber) || f.tells(wait_clue::has_holder)) f.waits_for_fiber = find_by_stack(f.clue);
        if (f.tells(wait_clue::has_handles)) channels_.push_back(reinterpret_cast<std::uintptr_t>(f.object));
    }
    std::ranges::sort(channels_);
}

std::size_t fiber_survey::find_by_stack(std::uintptr_t address) const noexcept {
    auto const above = std::ranges::upper_bound(fibers_, address, {}, &fiber_sighting::stack_low);
    if (above == fibers_.begin() || address >= std::prev(above)->stack_high) return fiber_sighting::nobody;
    return static_cast<std::size_t>(std::prev(above) - fibers_.begin());
}

bool fiber_survey::only_waiters_hold(fiber_sighting const& f) const noexcept {
    if (!f.tells(wait_clue::has_handles) || f.clue == 0) return false;
    auto const waiters =
        std::equal_range(channels_.begin(), channels_.end(), reinterpret_cast<std::uintptr_t>(f.object));
    return f.clue <= static_cast<std::uint64_t>(waiters.second - waiters.first);
}

void fiber_survey::describe_one(fiber_sighting const& f, text_sink to) const {
    to << "  ";
    describe_identity(f.id, f.name(), f.where, to);
    describe_wait(f.reason, f.object, f.since, to);
    if (f.waits_for_fiber != fiber_sighting::nobody) {
        fiber_sighting const& other = fibers_[f.waits_for_fiber];
        to << (f.tells(wait_clue::has_holder) ? ", held by " : ", for the end of ");
        describe_briefly(other.id, other.name(), to);
    }
    if (only_waiters_hold(f)) to << ", leaked: nobody else has a handle to the channel, unless it borrows one";
    to << "\n";
}

// Each fiber waits for one other at most: whoever follows the arrows from anywhere ends in a circle or at somebody who waits for
// nobody.
void fiber_survey::describe_circles(text_sink to) const {
    enum class mark : std::uint8_t { fresh, on_this_walk, seen };
    std::vector<mark> marks(fibers_.size(), mark::fresh);
    for (std::size_t start = 0; start != fibers_.size(); ++start) {
        std::size_t at = start;
        for (; at != fiber_sighting::nobody && marks[at] == mark::fresh; at = fibers_[at].waits_for_fiber)
            marks[at] = mark::on_this_walk;
        if (at != fiber_sighting::nobody && marks[at] == mark::on_this_walk) describe_circle(at, to);
        for (at = start; at != fiber_sighting::nobody && marks[at] == mark::on_this_walk;
             at = fibers_[at].waits_for_fiber)
            marks[at] = mark::seen;
    }
}

void fiber_survey::describe_circle(std::size_t first, text_sink to) const {
    std::size_t at = first;
    do {
        if (!still_sleeps(fibers_[at])) return;
        at = fibers_[at].waits_for_fiber;
    } while (at != first);

    to << "weft: these wait for each other: ";
    do {
        fiber_sighting const& f = fibers_[at];
        describe_briefly(f.id, f.name(), to);
        to << (f.tells(wait_clue::has_holder) ? " locks what is held by " : " joins ");
        at = f.waits_for_fiber;
    } while (at != first);
    describe_briefly(fibers_[first].id, fibers_[first].name(), to);
    to << "\n";
}

}  // namespace weft::detail
