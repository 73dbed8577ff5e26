// How a fiber comes into being and how its memory goes back.
//
//     top of a stack, high to low address:
//     | stack_slot | fiber_control | callable and result | entry frames ...
//
// A fiber that is being built is dead to everybody else (its reference count is zero) until `start` stores the count.
#include "runtime_core.hpp"
#include "submission_queue.hpp"

#include <weft/detail/fatal.hpp>
#include <weft/error.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <new>
#include <system_error>

namespace weft::detail {

namespace {

constexpr std::size_t largest_body = 1024;  // a larger callable would push the frames out of the top page

std::atomic<std::uint64_t> fiber_ids{1};

void* place_body(fiber_control& f, std::size_t bytes, std::size_t alignment) {
    f.body_on_heap = bytes > largest_body || alignment > cache_line_bytes;
    if (f.body_on_heap) {
        f.body_alignment = alignment;
        return ::operator new(bytes, std::align_val_t(alignment));
    }
    auto const below = reinterpret_cast<std::uintptr_t>(&f) - bytes;
    return reinterpret_cast<void*>(below & ~(std::uintptr_t{std::max<std::size_t>(alignment, 16)} - 1));
}

// What ends a detached fiber ends the program: nobody is left to hear of it.
[[noreturn]] void die_of(fiber_control const& f) noexcept {
    char text[256] = "an exception escaped a detached fiber";
    try {
        std::rethrow_exception(f.failure);
    } catch (std::exception const& e) {
        std::snprintf(text, sizeof text, "an exception escaped a detached fiber: %s", e.what());
    } catch (...) {}
    fatal_in(f, text);
}

bool is_cancellation(std::exception_ptr const& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (cancelled const&) {
        return true;
    } catch (...) {
        return false;
    }
}

WEFT_NOINLINE void run_body(fiber_control& self) noexcept {
    try {
        self.operations->invoke(self.body);
    } catch (...) {
        self.failure = std::current_exception();
    }
}

// After this nobody but the reference count knows the fiber; its frames still stand on the stack. Returns the
// joiner if it is to run next, here.
WEFT_NOINLINE fiber_control* conclude(fiber_control& self) noexcept {
    std::uint32_t before = self.join_state.load(std::memory_order_acquire);
    // Release: the joiner sees the result. Acquire: pairs with the joiner's or the detacher's exchange. Nobody waits for a
    // detached fiber, and it stays detached.
    if (before != fiber_control::detached)
        before = self.join_state.exchange(fiber_control::finished, std::memory_order_acq_rel);
    switch (before) {
    case fiber_control::detached:
        if (self.failure != nullptr) {
            if (!is_cancellation(self.failure)) die_of(self);
            self.failure = nullptr;
        } else {
            self.operations->destroy_result(self.body);
        }
        break;
    case fiber_control::joining:
        if (self.joiner.try_claim()) return self.joiner.who->deliver_here(self.join_tag);
        break;
    default: break;
    }
    return nullptr;
}

WEFT_NOT_IN_TSAN continuation fiber_main(void* payload) noexcept {
    fiber_control& self = *worker::arrive(payload).running();
    run_body(self);
    fiber_control* const joiner = conclude(self);
    worker& here = *current_worker();  // the body may have moved
    return worker::finish(here, self, joiner);
}

}  // namespace

std::uint64_t reserve_fiber_ids(std::uint64_t count) noexcept {
    return fiber_ids.fetch_add(count, std::memory_order_relaxed);
}

void detach_finished(fiber_control& f) noexcept {
    if (f.failure != nullptr && !is_cancellation(f.failure)) die_of(f);
    if (f.failure == nullptr) f.operations->destroy_result(f.body);
    f.failure = nullptr;
}

fiber_control& runtime_core::create(std::size_t body_bytes, std::size_t body_alignment, spawn_options const& wanted) {
    unsigned const size_class = wanted.stack_bytes == 0 ? default_class : stack_class_for(wanted.stack_bytes);
    if (options.max_fibers != 0 && counted_.fetch_add(1, std::memory_order_relaxed) >= options.max_fibers) {
        counted_.fetch_sub(1, std::memory_order_relaxed);
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again),
                                "weft: runtime_options::max_fibers fibers are alive already");
    }
    worker* here = current_worker();
    stack_slot* slot = nullptr;
    try {
        slot = here != nullptr ? &here->stacks.acquire(size_class) : &stack_depot::acquire(size_class);
        fiber_control& f = *control_of(*slot);
        if (!slot->built.load(std::memory_order_relaxed)) {
            new (&f) fiber_control(*slot);
            slot->built.store(true, std::memory_order_release);
        }
        f.begin_life(*slot);
        f.body = place_body(f, body_bytes, body_alignment);
        f.runtime = this;
        f.id = here != nullptr ? here->next_fiber_id() : reserve_fiber_ids(1);
        f.where = wanted.where;
        f.set_name(wanted.name);
        f.shields = 0;
        f.pins = 0;
#if WEFT_FORCE_MIGRATION
        f.home = nullptr;
#endif
        f.exceptions = {};
        f.result_taken = false;
        f.left_to_joiner = false;
        void* top = f.body_on_heap ? static_cast<void*>(&f) : f.body;
#if WEFT_ASAN || WEFT_TSAN
        sanitizer_prepare(f, slot->limit, top);
#endif
        f.stack_pointer = prepare_stack(top, slot->limit, &fiber_main);
        return f;
    } catch (...) {
        if (options.max_fibers != 0) counted_.fetch_sub(1, std::memory_order_relaxed);
        if (slot != nullptr) stack_depot::release(*slot);
        throw;
    }
}

void runtime_core::discard(fiber_control& unborn) noexcept {
    if (options.max_fibers != 0) counted_.fetch_sub(1, std::memory_order_relaxed);
    sanitizer_retire(unborn);
    unborn.recycle();
}

void runtime_core::start(fiber_control& fresh, fiber_operations const& operations, bool is_detached) {
    fresh.operations = &operations;
    fresh.join_state.store(is_detached ? fiber_control::detached : fiber_control::running, std::memory_order_relaxed);
    // Release: whoever takes a reference sees the fields above.
    fresh.references.store(is_detached ? 1 : 2, std::memory_order_release);
    // A fiber born while the runtime ends is cancelled like the rest; one that slips past this look meets the next
    // round.
    if (stopping()) fresh.raise_cancelled();
    worker* here = current_worker();
    try {
        if (here != nullptr && &here->runtime == this) return here->start(fresh);
        spawned_outside_.fetch_add(1, std::memory_order_acq_rel);
        foreign_wakers_.fetch_add(1, std::memory_order_relaxed);
        submissions_->push(fresh);
    } catch (...) {
        if (here == nullptr || &here->runtime != this) {
            spawned_outside_.fetch_sub(1, std::memory_order_acq_rel);
            foreign_wakers_.fetch_sub(1, std::memory_order_relaxed);
        }
        fresh.references.store(0, std::memory_order_relaxed);
        operations.destroy_callable(fresh.body);
        discard(fresh);
        throw;
    }
    wake_one();
    foreign_wakers_.fetch_sub(1, std::memory_order_release);
}

bool fiber_control::try_hold() noexcept {
    std::uint32_t held = references.load(std::memory_order_relaxed);
    do {
        if (held == 0) return false;
        // Acquire: pairs with the release in start.
    } while (!references.compare_exchange_weak(held, held + 1, std::memory_order_acquire, std::memory_order_relaxed));
    return true;
}

bool fiber_control::abandoned() const noexcept {
    return join_state.load(std::memory_order_acquire) != finished && runtime->has_leaked();
}

void fiber_control::release(std::uint32_t count) noexcept {
    // Acquire and release: the last one sees what all others did.
    if (references.fetch_sub(count, std::memory_order_acq_rel) == count) recycle();
}

void fiber_control::recycle() noexcept {
    if (body_on_heap) {
        ::operator delete(body, std::align_val_t(body_alignment));
        body_on_heap = false;
    }
    if (worker* here = current_worker(); here != nullptr)
        here->stacks.release(slot());
    else
        stack_depot::release(slot());
}

}  // namespace weft::detail
