#include "support/watchdog.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <weft/detail/diagnostics.hpp>

namespace weft_test {

watchdog::watchdog(std::string what, std::chrono::seconds limit)
    : what_(std::move(what)), limit_(limit), thread_([this] { watch(); }) {}

watchdog::~watchdog() {
    {
        std::lock_guard lock(mutex_);
        over_ = true;
    }
    ended_.notify_one();
    thread_.join();
}

void watchdog::watch() {
    std::unique_lock lock(mutex_);
    if (ended_.wait_for(lock, limit_, [this] { return over_; })) return;

    std::fprintf(stderr, "\n%s: still running after %lld s; all fibers:\n", what_.c_str(),
                 static_cast<long long>(limit_.count()));
    weft::detail::dump_fibers(STDERR_FILENO);
    std::abort();
}

}  // namespace weft_test
