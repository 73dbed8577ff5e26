#pragma once
// One call on a socket, from the caller's point of view: wait for the turn, try, sleep until it may be tried again.

#include "descriptor.hpp"
#include "socket_calls.hpp"

#include <weft/detail/budget.hpp>

namespace weft::detail {

class operation {
public:
    operation(descriptor& d, direction way, wait_reason const& reason) noexcept : d_(d), way_(way), reason_(reason) {}
    /// Hands the direction to the next in line.
    ~operation();
    operation(operation const&) = delete;

    /// Repeats `call(number)`, a `call_result`, until it does not block. Fails with ECANCELED when the descriptor is closed or the
    /// fiber is cancelled, and with ETIMEDOUT when its deadline has passed, or one of the fiber's context; with EINVAL
    /// when a call on a TCP stream would overtake bytes that `receive` has to take first.
    /// Blocks: while the call would block, and while it is another operation's turn.
    template <class Call>
    call_result attempt(Call const& call) {
        return attempt(call, request_shape::readiness);
    }

    /// Receives at most `bytes` of a TCP stream: what has arrived, or with `call(number)`.
    template <class Call>
    call_result receive(void* to, std::size_t bytes, Call const& call) {
        auto const take = [&](int fd) {
            std::optional<call_result> const taken = d_.take_bytes(static_cast<std::byte*>(to), bytes);
            return taken ? *taken : call(fd);
        };
        return attempt(take, request_shape::bytes);
    }

    /// The same into several parts; perhaps less than has arrived.
    template <class Call>
    call_result receive(iovec const* parts, Call const& call) {
        return receive(parts->iov_base, parts->iov_len, call);
    }

    /// The number of the next connection, from a TCP listener: one that has arrived, or by `call(number)`.
    template <class Call>
    call_result accept(Call const& call) {
        auto const take = [&](int fd) {
            std::optional<call_result> const taken = d_.take_connection();
            return taken ? *taken : call(fd);
        };
        return attempt(take, request_shape::connections);
    }

    /// Sleeps for `time`, for what no event tells. Ends early with the descriptor's deadline or its close, which the next
    /// attempt reports. Returns 0, or the error of a cancelled fiber.
    int pause(clock::duration time) noexcept;

    /// The last call took everything there was: another would block, unless an event says otherwise.
    void drained() noexcept { drained_ = true; }

    /// The failure was the cancellation of the calling fiber.
    bool was_cancelled() const noexcept { return cancelled_; }

private:
    template <class Call>
    call_result attempt(Call const& call, request_shape shape) {
        charge_budget();  // whoever finds its sockets ready all the time must let others run
        for (;;) {
            if (int const failure = begin_call(shape); failure != 0) return {0, failure};
            call_result const result = call(number_);
            if (result.error == EAGAIN) continue;
            called_ = true;
            if (result.error == EINTR) continue;
            return result;
        }
    }

    int begin_call(request_shape shape) noexcept;
    int wait_for_call(descriptor::half& h, request_shape shape) noexcept WEFT_REQUIRES(d_.lock_);
    int make_way(descriptor::half& h, request_shape shape) noexcept WEFT_REQUIRES(d_.lock_);
    wait_tag sleep(readiness_list& list, clock::time_point deadline) noexcept WEFT_REQUIRES(d_.lock_);
    void end_call() noexcept WEFT_REQUIRES(d_.lock_);

    descriptor& d_;
    direction const way_;
    wait_reason const& reason_;
    int number_ = -1;
    bool counted_ = false;  // among the descriptor's operations
    bool has_turn_ = false;
    bool called_ = false;  // since begin_call, and it did not block
    bool drained_ = false;
    bool cancelled_ = false;
    bool kick_ = false;  // the desk, when no lock is held
};

}  // namespace weft::detail
