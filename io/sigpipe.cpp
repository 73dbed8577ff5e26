#include "sigpipe.hpp"

namespace weft::detail {

namespace {

sigset_t only_sigpipe() noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGPIPE);
    return set;
}

}  // namespace

// The thread's own signal comes before one that was sent to the process, which stays where it is.
void take_sigpipe() noexcept {
    sigset_t const set = only_sigpipe();
    timespec const at_once{};
    calls::uninterrupted([&] { return os().sigtimedwait(&set, nullptr, &at_once); });
}

sigpipe_block::sigpipe_block() noexcept {
    sigset_t const set = only_sigpipe();
    os().pthread_sigmask(SIG_BLOCK, &set, &before_);
}
sigpipe_block::~sigpipe_block() { os().pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace weft::detail
