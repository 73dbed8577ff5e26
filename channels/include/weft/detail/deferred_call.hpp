#pragma once
// A function that is called at a time, in a fiber of its own: what `func_timer` refers to.
//
// References: one per handle, one per time that it is armed, which goes over to the fiber, and one per fiber that runs it. So
//             what the function holds is never destroyed by a thread that schedules.
// Invariants: armed_ => timer_ is armed with serial_, or its firing is on its way to the lock: then `stop` comes too late.
// Lock order: the lock is taken before that of a timer queue.

#include <weft/clock.hpp>
#include <weft/detail/spin_lock.hpp>
#include <weft/detail/timers.hpp>
#include <weft/go.hpp>
#include <weft/site.hpp>

#include <atomic>
#include <cstdint>
#include <system_error>
#include <utility>

namespace weft::detail {

class deferred_call : public timed_action {
public:
    deferred_call(deferred_call const&) = delete;

    bool stop() noexcept;
    bool reset(clock::time_point due);

    void hold() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void drop(std::uint32_t count = 1) noexcept {
        if (count != 0 && references_.fetch_sub(count, std::memory_order_acq_rel) == count) delete this;
    }

protected:
    deferred_call() = default;
    virtual ~deferred_call() = default;

    /// Starts the fiber, which takes over the caller's reference. Errors: `std::system_error`, with the reference still the
    /// caller's; `std::bad_alloc`, with the reference gone.
    virtual void launch(runtime_core& in) = 0;

private:
    void fire(std::uint64_t serial) noexcept final;
    void abandon(std::uint64_t serial) noexcept final;
    void disarmed(std::uint64_t serial) noexcept;

    std::atomic<std::uint32_t> references_{1};
    spin_lock lock_;
    bool armed_ WEFT_GUARDED_BY(lock_) = false;
    std::uint64_t serial_ WEFT_GUARDED_BY(lock_) = 0;
    timer_handle timer_ WEFT_GUARDED_BY(lock_);
};

/// Holds one reference.
template <class Call>
class call_reference {
public:
    explicit call_reference(Call& adopted) noexcept : call_(&adopted) {}
    call_reference(call_reference&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
    call_reference& operator=(call_reference other) noexcept {
        std::swap(call_, other.call_);
        return *this;
    }
    ~call_reference() {
        if (call_ != nullptr) call_->drop();
    }

    Call* get() const noexcept { return call_; }
    void release() noexcept { call_ = nullptr; }

private:
    Call* call_;
};

template <class F>
class deferred_call_of final : public deferred_call {
public:
    template <class G>
    deferred_call_of(G&& f, site where) : f_(std::forward<G>(f)), where_(where) {}

private:
    void launch(runtime_core& in) override {
        struct {
            call_reference<deferred_call_of> self;
            void operator()() { static_cast<void>(self.get()->f_()); }
        } body{call_reference<deferred_call_of>(*this)};
        try {
            launch_call(in, {{}, 0, where_}, true, std::move(body));
        } catch (std::system_error const&) {
            body.self.release();  // there was no fiber to move it into
            throw;
        }
    }

    F f_;
    site where_;
};

}  // namespace weft::detail
