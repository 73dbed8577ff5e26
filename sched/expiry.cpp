#include "expiry.hpp"

#include "forever_pool.hpp"
#include "timer_thread.hpp"
#include "worker.hpp"

#include <weft/detail/context_node.hpp>

#include <new>

namespace weft::detail {

namespace {

using expiry_pool = forever_pool<expiry>;

bool on_fiber() noexcept {
    worker const* here = current_worker();
    return here != nullptr && here->running() != nullptr;
}

}  // namespace

std::uint64_t expiry::prepare(cancel_node& node) noexcept {
    node.hold_memory();
    node_ = &node;
    bool never = false;
    std::uint64_t const generation = begin(interruptible::no, publication::early, never);
    set_parked();
    return generation;
}

void expiry::release() noexcept {
    cancel_node& node = *node_;
    settle();
    expiry_pool::instance().put(*this);
    node.release_memory();
}

void expiry::fire() noexcept {
    cancel_node& node = *node_;
    cancel_state const why = won_by() == tag_timeout ? cancel_state::timed_out : cancel_state::cancelled;
    expiry_pool::instance().put(*this);
    node.cancel(why, nullptr);
    node.release_memory();
}

expiry_handle arm_expiry(cancel_node& node, clock::time_point deadline) {
    expiry* const fresh = expiry_pool::instance().take();
    if (fresh == nullptr) throw std::bad_alloc();
    expiry_handle armed{fresh, fresh->prepare(node), {}};
    wait_token const token{fresh, armed.generation};
    try {
        armed.timer = on_fiber() ? current_timers().arm(deadline, token, tag_timeout)
                                 : timer_thread::instance().arm(deadline, token, tag_timeout);
    } catch (...) {
        if (token.try_claim()) fresh->release();
        throw;
    }
    return armed;
}

void withdraw_expiry(expiry_handle const& armed) noexcept {
    if (armed.armed == nullptr || !armed.armed->try_claim(armed.generation)) return;
    armed.armed->release();
    if (timer_queue::stop(armed.timer)) timer_thread::instance().notice_stop(armed.timer);
}

}  // namespace weft::detail
