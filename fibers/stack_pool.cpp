// The shared depot, one shelf per size class, and the magazines that draw on it.
//
// A stack is in one of these places: in use, in a magazine, warm in the depot (idle, still holding memory), or cold
// (holding none: never touched, or given back). A fiber cannot free the ground it stands on, so whoever runs next
// releases it.
//
// Invariants: `cold_slabs_` has those slabs that have cold stacks, and room for every slab of its class, so that giving back
//             never allocates.
//             `low_water` is the smallest `warm_count` since the last trim that was not cut short, less what trims
//             took since: that many stacks served nobody.
// Lock order: a shelf's lock is a leaf; no memory is touched or returned to the kernel under it.
// Rejected:   one mmap per stack (68 ms per 10,000, and two mappings each with a guard).
#include <weft/detail/stack_pool.hpp>

#include "slab.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weft::detail {

namespace {

class shelf {
public:
    /// Takes up to `want` stacks, at least one, linked through `next`. Warm ones first; cold ones cost a page fault
    /// each, so few at a time.
    std::pair<stack_slot*, unsigned> take(unsigned size_class, unsigned want);
    void put(stack_slot* first, stack_slot* last, std::size_t count) noexcept;
    stack_depot::trim_result trim(std::size_t most) noexcept;
    void forget_recent_use() noexcept;
    void add_to(stack_depot::statistics& sum) noexcept;

private:
    static constexpr unsigned cold_batch = 8;

    std::mutex lock_;  // guards everything below
    stack_slot* warm_ = nullptr;
    std::size_t warm_count_ = 0;
    std::size_t low_water_ = 0;
    std::size_t total_ = 0;
    std::size_t slabs_ = 0;
    std::size_t cold_count_ = 0;
    std::vector<slab*> cold_slabs_;
};

std::pair<stack_slot*, unsigned> shelf::take(unsigned size_class, unsigned want) {
    stack_slot* chosen[cold_batch];
    slab* from = nullptr;
    unsigned count = 0;
    {
        std::scoped_lock guard(lock_);
        if (warm_ != nullptr) {
            stack_slot* first = warm_;
            stack_slot* last = first;
            for (count = 1; count != want && last->next != nullptr; ++count) last = last->next;
            warm_ = std::exchange(last->next, nullptr);
            warm_count_ -= count;
            low_water_ = std::min(low_water_, warm_count_);
            return {first, count};
        }
        if (cold_slabs_.empty()) {
            if (slabs_ == cold_slabs_.capacity()) cold_slabs_.reserve(2 * slabs_ + 1);
            slab& fresh = slab::create(size_class);
            ++slabs_;
            total_ += fresh.count();
            cold_count_ += fresh.count();
            cold_slabs_.push_back(&fresh);
        }
        from = cold_slabs_.back();
        for (; count != std::min(want, cold_batch) && from->cold() != 0; ++count) chosen[count] = from->pop_cold();
        cold_count_ -= count;
        if (from->cold() == 0) cold_slabs_.pop_back();
    }
    stack_slot* first = nullptr;
    for (unsigned i = count; i-- != 0;) {
        stack_slot& opened = from->open(chosen[i]);
        opened.next = std::exchange(first, &opened);
    }
    return {first, count};
}

void shelf::put(stack_slot* first, stack_slot* last, std::size_t count) noexcept {
    std::scoped_lock guard(lock_);
    last->next = std::exchange(warm_, first);
    warm_count_ += count;
}

void shelf::forget_recent_use() noexcept {
    std::scoped_lock guard(lock_);
    low_water_ = warm_count_;
}

stack_depot::trim_result shelf::trim(std::size_t most) noexcept {
    std::vector<stack_slot*> idle;
    bool pending = false;
    bool cut_short = false;
    try {
        std::scoped_lock guard(lock_);
        std::size_t const wanted = std::min(low_water_, most);
        idle.reserve(wanted);
        while (idle.size() != wanted) {
            idle.push_back(warm_);
            warm_ = warm_->next;
        }
        warm_count_ -= wanted;
        cut_short = wanted != low_water_;
        low_water_ = cut_short ? low_water_ - wanted : warm_count_;
        pending = warm_count_ != 0;
    } catch (std::bad_alloc const&) {
        return {0, true, false};  // no memory to sort in; the stacks stay idle until the next call
    }
    std::sort(idle.begin(), idle.end());
    for (std::size_t i = 0; i != idle.size();) {
        slab* owner = idle[i]->owner;
        std::size_t end = i + 1;
        while (end != idle.size() && idle[end]->owner == owner) ++end;
        owner->give_back(std::span(idle).subspan(i, end - i));
        std::scoped_lock guard(lock_);
        if (owner->cold() == 0) cold_slabs_.push_back(owner);
        cold_count_ += end - i;
        for (; i != end; ++i) owner->push_cold(idle[i]);
    }
    return {idle.size(), pending, cut_short};
}

void shelf::add_to(stack_depot::statistics& sum) noexcept {
    std::scoped_lock guard(lock_);
    sum.reserved += total_;
    sum.idle += warm_count_;
    sum.cold += cold_count_;
}

// Never destroyed: fibers that outlive `main` still stand on these stacks.
shelf& shelf_for(unsigned size_class) noexcept {
    static auto* shelves = new shelf[stack_classes];
    return shelves[size_class];
}

}  // namespace

unsigned stack_class_for(std::size_t bytes) {
    if (bytes > max_stack_bytes)
        throw std::invalid_argument("weft: a fiber stack of " + std::to_string(bytes) +
                                    " bytes was asked for; the most is " + std::to_string(max_stack_bytes));
    unsigned index = 0;
    while (stack_class_bytes(index) < bytes) ++index;
    return index;
}

void stack_magazine::refill(unsigned size_class) {
    auto const [first, count] = shelf_for(size_class).take(size_class, batch);
    shelves_[size_class] = {first, count};
}

void stack_magazine::spill(unsigned size_class) noexcept {
    shelf& from = shelves_[size_class];
    stack_slot* first = from.top;
    stack_slot* last = first;
    for (unsigned i = 1; i != batch; ++i) last = last->next;
    from.top = last->next;
    from.count -= batch;
    shelf_for(size_class).put(first, last, batch);
}

void stack_magazine::flush() noexcept {
    for (unsigned i = 0; i != stack_classes; ++i) {
        stack_slot* first = std::exchange(shelves_[i].top, nullptr);
        unsigned const count = std::exchange(shelves_[i].count, 0);
        if (first == nullptr) continue;
        stack_slot* last = first;
        while (last->next != nullptr) last = last->next;
        shelf_for(i).put(first, last, count);
    }
}

namespace stack_depot {

stack_slot& acquire(unsigned size_class) { return *shelf_for(size_class).take(size_class, 1).first; }

void release(stack_slot& slot) noexcept { shelf_for(slot.size_class).put(&slot, &slot, 1); }

trim_result trim() noexcept {
    constexpr std::size_t most = 16384;  // per call, to bound the pause
    trim_result sum{0, false, false};
    for (unsigned i = 0; i != stack_classes; ++i) {
        trim_result const one = shelf_for(i).trim(most);
        sum.given_back += one.given_back;
        sum.pending = sum.pending || one.pending;
        sum.cut_short = sum.cut_short || one.cut_short;
    }
    return sum;
}

void for_each(void (*visit)(stack_slot& slot, void* argument), void* argument) {
    for (slab* s = slab::newest(); s != nullptr; s = s->next())
        for (std::size_t i = 0; i != s->count(); ++i)
            if (s->is_open(i) && s->slot_at(i)->built.load(std::memory_order_acquire)) visit(*s->slot_at(i), argument);
}

void trim_everything() noexcept {
    for (unsigned i = 0; i != stack_classes; ++i) {
        shelf_for(i).forget_recent_use();
        shelf_for(i).trim(SIZE_MAX);
    }
}

statistics stats() noexcept {
    statistics sum{};
    for (unsigned i = 0; i != stack_classes; ++i) shelf_for(i).add_to(sum);
    for (slab* s = slab::newest(); s != nullptr; s = s->next()) ++sum.slabs;
    return sum;
}

stack_slot* guarded_by(void const* address) noexcept {
    for (slab* s = slab::newest(); s != nullptr; s = s->next())
        if (stack_slot* slot = s->guarded_by(address)) return slot;
    return nullptr;
}

}  // namespace stack_depot

}  // namespace weft::detail
