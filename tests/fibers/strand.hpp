// A flow of control with a stack from the pool, and an OS thread that runs such: what the layer offers, and no scheduler.
#pragma once

#include <functional>
#include <utility>
#include <weft/detail/execution.hpp>
#include <weft/detail/stack_pool.hpp>

namespace weft_test {

class strand;

/// The calling thread as a host. It runs one strand at a time and gets control back when that suspends or ends.
class thread_host : public weft::detail::host {
public:
    thread_host() {
        exceptions = weft::detail::this_thread_exception_state();
        weft::detail::sanitizer_adopt_thread(own_);
    }
    thread_host(thread_host const&) = delete;

    /// Continues `next` until it suspends or ends; `then` runs in it first.
    void run(
        strand& next, action then = [](weft::detail::host&, weft::detail::execution&) noexcept {});

private:
    friend class strand;
    weft::detail::execution own_;
    strand* running_ = nullptr;
};

class strand : public weft::detail::execution {
public:
    using function = std::function<void(strand&)>;

    explicit strand(function body)
        : slot_(weft::detail::stack_depot::acquire(weft::detail::stack_class_for(256 * 1024))), body_(std::move(body)) {
        weft::detail::sanitizer_prepare(*this, slot_.limit, &slot_);
        stack_pointer = weft::detail::prepare_stack(&slot_, slot_.limit, &entry);
    }
    ~strand() { weft::detail::stack_depot::release(slot_); }
    strand(strand const&) = delete;

    /// From its body: back to the thread that runs it.
    void suspend(weft::detail::host::action then = &nothing) {
        at_ = static_cast<thread_host*>(&weft::detail::switch_to(*at_, *this, at_->own_, then));
    }
    /// From its body: on to `next`, on the same thread.
    void hand_over(strand& next, weft::detail::host::action then = &nothing) {
        at_->running_ = &next;
        if (next.at_ != nullptr) next.at_ = at_;
        at_ = static_cast<thread_host*>(&weft::detail::switch_to(*at_, *this, next, then));
    }

    bool ended() const { return ended_; }

private:
    friend class thread_host;

    static void nothing(weft::detail::host& /*here*/, weft::detail::execution& /*left*/) noexcept {}
    static void end(weft::detail::host& /*here*/, weft::detail::execution& left) noexcept {
        weft::detail::sanitizer_retire(left);
        static_cast<strand&>(left).ended_ = true;
    }
    static weft::detail::execution& running(weft::detail::host& here) noexcept {
        return *static_cast<thread_host&>(here).running_;
    }
    WEFT_NOINLINE static strand& begin(void* payload) noexcept {
        auto& here = static_cast<thread_host&>(weft::detail::arrive_first(payload, &running));
        here.running_->at_ = &here;
        return *here.running_;
    }
    WEFT_NOINLINE static void live(strand& self) noexcept { self.body_(self); }
    WEFT_NOT_IN_TSAN static weft::detail::continuation leave(strand& self) noexcept {
        return weft::detail::leave_for(*self.at_, self, self.at_->own_, &end);
    }
    WEFT_NOT_IN_TSAN static weft::detail::continuation entry(void* payload) noexcept {
        strand& self = begin(payload);
        live(self);
        return leave(self);
    }

    weft::detail::stack_slot& slot_;
    function body_;
    thread_host* at_ = nullptr;
    bool ended_ = false;
};

inline void thread_host::run(strand& next, action then) {
    running_ = &next;
    weft::detail::switch_to(*this, own_, next, then);
}

}  // namespace weft_test
