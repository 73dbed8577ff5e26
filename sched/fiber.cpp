// The holder's end of a fiber: waiting for its end, asking it to stop, letting it go.
#include "runtime_core.hpp"

#include <weft/detail/atomic.hpp>
#include <weft/detail/fatal.hpp>
#include <weft/detail/fiber_handle.hpp>
#include <weft/detail/join_source.hpp>
#include <weft/error.hpp>

#include <system_error>

namespace weft::detail {

namespace {

constexpr wait_reason join_reason{"join", false, wait_clue::is_fiber};
constexpr wait_tag tag_ended = 0;

void refuse_self(fiber_control const& f) {
    if (&current_waiter() == &f)
        throw std::system_error(std::make_error_code(std::errc::resource_deadlock_would_occur),
                                "weft: a fiber cannot join itself");
}

// True: the fiber had ended before.
bool publish_joiner(void* joined) noexcept {
    auto& f = *static_cast<fiber_control*>(joined);
    if (worker const* here = current_worker(); here != nullptr && here->running() == &f) {
        // The joined fiber replaces its joiner, on whose behalf this is done: it cannot end meanwhile.
        f.join_state.store(fiber_control::joining, std::memory_order_release);
        return false;
    }
    return !join_source(&f).publish();
}

// By the holder of the handle, when the fiber has ended.
void drop_finished(fiber_control& f) noexcept { f.release(f.left_to_joiner ? 2 : 1); }

// Waits for the end of `f`.
void wait_for_end(fiber_control& f, interruptible may_cancel) {
    join_source end(&f);
    if (end.is_ready()) return;
    wait w(join_reason, &f, may_cancel, publication::late);
    if (w.cancelled()) throw_cancelled();
    end.prepare(w.token(), tag_ended);
    if (w.park_then(&publish_joiner, &f) == tag_ended) return;
    end.await_publication();
    end.disarm();
    throw_cancelled();
}

// The same; true if it came before the deadline.
bool wait_for_end_until(fiber_control& f, clock::time_point deadline, interruptible may_cancel) {
    join_source end(&f);
    if (end.is_ready()) return true;
    wait w(join_reason, &f, may_cancel);
    if (w.cancelled()) throw_cancelled();
    if (end.arm(w.token(), tag_ended)) return true;
    wait_tag const winner = w.park_until(deadline);
    if (winner == tag_ended) return true;
    end.disarm();
    if (winner == tag_cancelled) throw_cancelled();
    return end.is_ready();
}

}  // namespace

bool join_source::is_ready() {
    // Acquire: pairs with the release in conclude.
    return fiber_ != nullptr && fiber_->join_state.load(std::memory_order_acquire) == fiber_control::finished;
}

bool join_source::arm(wait_token sleeper, wait_tag tag) {
    if (fiber_ == nullptr) return false;
    // Another case of the same select has announced it: that case wins.
    if (fiber_->join_state.load(std::memory_order_acquire) == fiber_control::joining) {
        if (fiber_->joiner.who != sleeper.who) fatal_in(*fiber_, "a fiber is waited for by two at the same time");
        return false;
    }
    prepare(sleeper, tag);
    return !publish();
}

void join_source::prepare(wait_token sleeper, wait_tag tag) noexcept {
    fiber_->joiner = sleeper;
    fiber_->join_tag = tag;
}

bool join_source::publish() noexcept {
    std::uint32_t expected = fiber_control::running;
    return fiber_->join_state.compare_exchange_strong(expected, fiber_control::joining, std::memory_order_acq_rel,
                                                      std::memory_order_acquire);
}

// A cancellation may claim the joiner as soon as it is parked, and so before whoever replaced it has announced it: in a
// moment it will.
void join_source::await_publication() const noexcept {
    for (int round = 0; fiber_->join_state.load(std::memory_order_acquire) == fiber_control::running; ++round) {
        if (round < 100)
            cpu_relax();
        else
            yield_thread();  // its thread may have been preempted
    }
}

void join_source::disarm() noexcept {
    if (fiber_ == nullptr) return;
    std::uint32_t expected = fiber_control::joining;
    fiber_->join_state.compare_exchange_strong(expected, fiber_control::running, std::memory_order_acq_rel,
                                               std::memory_order_acquire);
}

fiber_handle& fiber_handle::operator=(fiber_handle&& other) noexcept {
    if (this != &other) {
        if (control_ != nullptr) cancel_and_join();
        control_ = std::exchange(other.control_, nullptr);
    }
    return *this;
}

std::uint64_t fiber_handle::id() const noexcept { return control_ == nullptr ? 0 : control_->id; }

void fiber_handle::refuse_misuse() const {
    if (control_ == nullptr)
        throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                                "weft: join of a fiber that is not joinable");
    refuse_self(*control_);
    if (control_->abandoned()) throw runtime_stopped("weft: the fiber did not end before its runtime did");
}

void fiber_handle::wait_to_join() {
    refuse_misuse();
    wait_for_end(*control_, interruptible::yes);
}

bool fiber_handle::wait_until(clock::time_point deadline) {
    refuse_misuse();
    return wait_for_end_until(*control_, deadline, interruptible::yes);
}

void* fiber_handle::take_result() const {
    control_->result_taken = true;  // also a failure, which leaves none for the handle to destroy
    if (control_->failure != nullptr) std::rethrow_exception(std::exchange(control_->failure, nullptr));
    return control_->body;
}

void fiber_handle::cancel() const noexcept {
    if (control_ != nullptr) control_->cancel();
}

void fiber_handle::detach() noexcept {
    fiber_control* f = std::exchange(control_, nullptr);
    if (f == nullptr) return;
    std::uint32_t expected = fiber_control::running;
    if (f->join_state.compare_exchange_strong(expected, fiber_control::detached, std::memory_order_acq_rel,
                                              std::memory_order_acquire))
        return f->release();
    detach_finished(*f);
    drop_finished(*f);
}

void fiber_handle::cancel_and_join() noexcept {
    fiber_control* f = control_;
    if (!f->result_taken && f->join_state.load(std::memory_order_acquire) != fiber_control::finished) {
        if (&current_waiter() == f) fatal_in(*f, "a fiber destroyed its own handle: detach it first");
        if (f->abandoned()) {
            // It still runs, on a thread that its runtime left to it; nobody may wait for it, nor reuse its memory.
            control_ = nullptr;
            return;
        }
        f->cancel();
        wait_for_end(*f, interruptible::no);
    }
    if (!f->result_taken && f->failure == nullptr) f->operations->destroy_result(f->body);
    f->failure = nullptr;
    control_ = nullptr;
    drop_finished(*f);
}

}  // namespace weft::detail
