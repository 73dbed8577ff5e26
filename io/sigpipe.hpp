#pragma once
// Writing where nobody reads any more is an error of that call, EPIPE, and not the signal that ends the program. `send` has a
// flag for it; `write`, `splice` and `sendfile` have none.
//
// Workers block SIGPIPE for good, and so do the helper threads that they start. On other threads it is blocked for the length of
// the call. Either way the signal that the call has raised is taken back: left pending, it would strike whoever unblocks it.

#include "socket_calls.hpp"

#include <weft/detail/poller.hpp>

#include <csignal>

namespace weft::detail {

/// Takes back the SIGPIPE that a call of this thread has raised, which is blocked.
void take_sigpipe() noexcept;

/// Blocks SIGPIPE on a thread that is no worker.
class sigpipe_block {
public:
    sigpipe_block() noexcept;
    ~sigpipe_block();
    sigpipe_block(sigpipe_block const&) = delete;

private:
    sigset_t before_;
};

/// `call()`, a `call_result`, never raises SIGPIPE.
template <class Call>
call_result without_sigpipe(Call const& call) noexcept {
    if (current_poller() != nullptr) [[likely]] {
        call_result const result = call();
        if (result.error == EPIPE) take_sigpipe();
        return result;
    }
    sigpipe_block const blocked;
    call_result const result = call();
    if (result.error == EPIPE) take_sigpipe();
    return result;
}

}  // namespace weft::detail
